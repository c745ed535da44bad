import { pageFiles } from './page-files.ts';
import type { Page } from './page-seam.ts';
import { renderPage } from './render-page.ts';

export const page: Page = { render: renderPage, file: (name) => pageFiles.get(name) };
