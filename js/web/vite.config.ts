/** How the page is built: every file in assets/ under the hash of its content, nothing inline, nothing foreign. */

import { defineConfig } from 'vite'

/** Every browser that can run the page reads WOFF2; the other two forms would triple the fonts. */
const onlyWoff2 = {
  name: 'only-woff2',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.includes('katex') && id.endsWith('.css') ? code.replace(/,url\([^)]*\.(?:woff|ttf)\) ?format\("[^"]*"\)/g, '') : undefined,
}

export default defineConfig({
  plugins: [onlyWoff2],
  // Relative addresses: the page works wherever a proxy puts it.
  base: './',
  resolve: { conditions: ['source', 'module', 'browser', 'production'] },
  build: {
    outDir: process.env['RIVULET_WEB_OUT'] ?? '../../src/rivulet/web',
    emptyOutDir: true,
    target: 'es2022',
    // The page's policy takes scripts and styles from files only, so nothing small is turned into a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { '/v1': process.env['RIVULET_URL'] ?? 'http://127.0.0.1:8321' },
  },
})
