/** Sources and citations, the drawer, documents and uploads. */

import { say } from './say.ts'

const { number, percent, plural } = say

export const reader = {
  foundSources: (n: number) => plural(n, { one: '# passage found, not cited', other: '# passages found, none cited' }),
  otherSources: (n: number) => plural(n, { one: '# more found, not cited', other: '# more found, not cited' }),
  source: (n: number, title: string) => `Source ${n}: ${title}`,
  page: (n: number) => `page ${number(n)}`,
  imageAt: (host: string) => `Image at ${host}`,

  passage: 'Passage in its document',
  previousPassage: 'Previous source',
  nextPassage: 'Next source',
  passageOf: (n: number, of: number) => `${number(n)} of ${number(of)}`,
  close: 'Close',
  openOriginal: 'Open the original',
  loadingDocument: 'Opening the document…',
  passageAlone: 'The document is not here any more. This is the passage as the answer used it.',
  passageMoved: 'The document has changed since. This is the passage as the answer used it.',
  documentFailed: (message: string) => `The document cannot be shown. ${message}`,
  before: 'Show what comes before',
  after: 'Show what comes after',

  addFiles: 'Add files',
  documents: 'Documents',
  documentsCount: (n: number) => plural(n, { one: '# document', other: '# documents' }),
  passagesCount: (n: number) => plural(n, { one: '# passage', other: '# passages' }),
  dropHere: 'Drop files to add them to your documents',
  dropHint: 'Text, Markdown, HTML, PDF, Word, PowerPoint, Excel, CSV, e-mail, source code',
  noSources: 'No documents yet.',
  status: { pending: 'waiting', processing: 'being read', ready: 'ready', error: 'not readable' },
  uploading: (share: number) => percent(share),
  uploadDone: 'Sent, waiting for the server',
  cancelUpload: (name: string) => `Cancel the upload of ${name}`,
  dismissUpload: (name: string) => `Remove ${name} from the list`,
  retryUpload: 'Retry',
  removeSource: (title: string) => `Remove ${title}`,
  reallyRemove: 'Remove?',
  showDocuments: 'Show its documents',
}
