import { announce } from './announce.js';
import { byId, setText } from './dom.js';
import { span } from './format.js';

/** Says whether what is shown is live. @typedef {ReturnType<typeof linkView>} LinkView */
export function linkView() {
  let lostAt = 0;
  let why = '';
  const draw = () => {
    if (lostAt > 0) setText(byId('link'), `${why}. Reconnecting… data from ${span(Date.now() - lostAt)} ago`);
  };
  setText(byId('link'), 'Connecting…');
  return {
    live() {
      if (lostAt > 0) announce('Live again.');
      lostAt = 0;
      document.body.dataset['link'] = 'live';
      setText(byId('link'), 'Live');
    },
    /** @param {string} reason */
    lost(reason) {
      why = reason;
      if (lostAt === 0) {
        lostAt = Date.now();
        announce(`${reason}. What is shown is no longer live.`);
      }
      document.body.dataset['link'] = 'lost';
      draw();
    },
    tick: draw,
  };
}
