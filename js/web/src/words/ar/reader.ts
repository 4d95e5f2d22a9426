/** المصادر والاقتباسات واللوح الجانبي والمستندات والرفع. */

import type { reader as english } from '../en/reader.ts'
import { say } from './say.ts'

const { number, percent, plural } = say

export const reader: typeof english = {
  foundSources: (n) =>
    plural(n, {
      zero: 'لم يُعثر على مقاطع',
      one: 'عُثر على مقطع واحد لم يُقتبس',
      two: 'عُثر على مقطعين لم يُقتبس أي منهما',
      few: 'عُثر على # مقاطع لم يُقتبس أي منها',
      many: 'عُثر على # مقطعًا لم يُقتبس أي منها',
      other: 'عُثر على # مقطع لم يُقتبس أي منها',
    }),
  otherSources: (n) =>
    plural(n, {
      zero: 'لا مقاطع أخرى',
      one: 'مقطع آخر لم يُقتبس',
      two: 'مقطعان آخران لم يُقتبسا',
      few: '# مقاطع أخرى لم تُقتبس',
      many: '# مقطعًا آخر لم تُقتبس',
      other: '# مقطع آخر لم تُقتبس',
    }),
  source: (n, title) => `المصدر ${n}: ${title}`,
  page: (n) => `صفحة ${number(n)}`,
  imageAt: (host) => `صورة من ${host}`,

  passage: 'المقطع في مستنده',
  previousPassage: 'المصدر السابق',
  nextPassage: 'المصدر التالي',
  passageOf: (n, of) => `${number(n)} من ${number(of)}`,
  close: 'إغلاق',
  openOriginal: 'فتح الأصل',
  loadingDocument: 'جارٍ فتح المستند…',
  passageAlone: 'لم يعد المستند موجودًا. هذا هو المقطع كما استخدمته الإجابة.',
  passageMoved: 'تغيّر المستند منذ ذلك الحين. هذا هو المقطع كما استخدمته الإجابة.',
  documentFailed: (message) => `تعذّر عرض المستند. ${message}`,
  before: 'عرض ما قبله',
  after: 'عرض ما بعده',

  addFiles: 'إضافة ملفات',
  documents: 'المستندات',
  documentsCount: (n) =>
    plural(n, {
      zero: 'لا مستندات', one: 'مستند واحد', two: 'مستندان', few: '# مستندات', many: '# مستندًا', other: '# مستند',
    }),
  passagesCount: (n) =>
    plural(n, { zero: 'لا مقاطع', one: 'مقطع واحد', two: 'مقطعان', few: '# مقاطع', many: '# مقطعًا', other: '# مقطع' }),
  dropHere: 'أفلت الملفات لإضافتها إلى مستنداتك',
  dropHint: 'نص، Markdown، HTML، PDF، Word، PowerPoint، Excel، CSV، بريد إلكتروني، شيفرة مصدرية',
  noSources: 'لا مستندات بعد.',
  status: { pending: 'في الانتظار', processing: 'تجري قراءته', ready: 'جاهز', error: 'تعذّرت قراءته' },
  uploading: (share) => percent(share),
  uploadDone: 'أُرسل، في انتظار الخادم',
  cancelUpload: (name) => `إلغاء رفع ${name}`,
  dismissUpload: (name) => `إزالة ${name} من القائمة`,
  retryUpload: 'إعادة المحاولة',
  removeSource: (title) => `إزالة ${title}`,
  reallyRemove: 'إزالة؟',
  showDocuments: 'عرض مستنداته',
}
