// Not a module, so that it runs before the first paint: a page that was dark stays dark.
(() => {
  try {
    const theme = localStorage.getItem('brownout-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // where storage is forbidden, the system's theme it is
  }
})();
