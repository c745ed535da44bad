import { Html } from './html.ts';

/** Symbols that rows refer to. Each status has a shape of its own, so that nothing is told by colour alone. */
export const icons = new Html(`<svg class="unseen" aria-hidden="true" width="0" height="0"><defs>
<symbol id="i-healthy" viewBox="0 0 16 16"><circle class="shape" cx="8" cy="8" r="6.5"/><path class="mark" d="m5 8.2 2.1 2.2 4-4.5"/></symbol>
<symbol id="i-degraded" viewBox="0 0 16 16"><path class="shape" d="M8 1.5 15.2 14H.8z"/><path class="mark" d="M8 6v4m0 1v1.5"/></symbol>
<symbol id="i-failed" viewBox="0 0 16 16"><path class="shape" d="M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2z"/><path class="mark" d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2"/></symbol>
<symbol id="i-off" viewBox="0 0 16 16"><circle class="ring" cx="8" cy="8" r="6.2"/><path class="ring" d="M3.7 12.3 12.3 3.7"/></symbol>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="5" height="5"/><rect class="hatch-line" width="2" height="5"/></pattern>
</defs></svg>`);
