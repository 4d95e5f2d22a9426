/** Where the repository's shared test material is, seen from `npm test` (which runs in js/client). */

export const root = new URL('../../', `file://${process.cwd()}/`)
