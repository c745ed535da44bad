import { byId, setText } from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (document.documentElement.dataset['theme'] ?? (dark.matches ? 'dark' : 'light')) === 'dark';

/** Lets the theme be switched, and keeps it. @param {() => void} changed */
export function useThemeSwitch(changed) {
  const button = byId('theme');
  const draw = () => setText(button, isDark() ? 'Light theme' : 'Dark theme');
  button.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = theme;
    keep(theme);
    draw();
    changed();
  });
  dark.addEventListener('change', () => {
    draw();
    changed();
  });
  draw();
  button.hidden = false;
}

/** @param {string} theme */
function keep(theme) {
  try {
    localStorage.setItem('brownout-theme', theme);
  } catch {
    // where storage is forbidden, it lasts as long as the page
  }
}
