const pollMs = 500;

/** Asks for a job until it is over; `moved` is given each status that is new. Resolves to how it ended. */
export async function followJob(url, moved) {
  for (let shown = 'queued'; ; ) {
    const job = await jobAt(url);
    if (job.status !== shown) moved(job.status);
    shown = job.status;
    if (shown !== 'queued' && shown !== 'running') return job;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function jobAt(url) {
  try {
    const response = await fetch(url);
    return response.ok ? await response.json() : { status: 'lost' };
  } catch {
    return { status: 'lost' };
  }
}
