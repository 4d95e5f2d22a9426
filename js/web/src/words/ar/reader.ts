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
  showImage: (host) => `عرض الصورة من ${host}`,
  openImage: 'فتح في علامة تبويب جديدة',
  fetchingImage: 'جارٍ جلب الصورة…',
  imageShown: 'عُرضت الصورة.',
  saveCode: 'تنزيل',
  wrapLines: 'لفّ الأسطر',
  taskDone: 'تمّ',
  taskOpen: 'لم يتمّ',

  sources: 'المصادر',
  notCited: 'عُثر عليه ولم يُقتبس',
  claim: 'تقول الإجابة',
  support: (share) => `التأييد ${percent(share)}`,
  supportMeans: 'مقدار ما يرد من كلمات الجملة في هذا المقطع. إنها مقارنة للكلمات لا فهم لها.',
  documentText: 'نص المستند',
  passageMissing: 'لم يعد هذا المقطع في المستند. هذا هو كما استخدمته الإجابة.',
  passageQuote: 'تغيّر المستند منذ ذلك الحين. المميَّز هو الجملة التي تستند إليها الإجابة.',

  previousPassage: 'المصدر السابق',
  nextPassage: 'المصدر التالي',
  previousCitation: 'الاقتباس السابق',
  nextCitation: 'الاقتباس التالي',
  citationOf: (n, of) => `الاقتباس ${number(n)} من ${number(of)}`,
  uncitedOf: (n, of) => `لم يُقتبس: ${number(n)} من ${number(of)}`,
  close: 'إغلاق',
  openOriginal: 'فتح الأصل',
  loadingDocument: 'جارٍ فتح المستند…',
  passageAlone: 'لم يعد المستند موجودًا. هذا هو المقطع كما استخدمته الإجابة.',
  passageMoved: 'تغيّر المستند منذ ذلك الحين. المقطع الآن هنا.',
  documentFailed: (message) => `تعذّر عرض المستند. ${message}`,
  before: 'عرض ما قبله',
  after: 'عرض ما بعده',

  drawerWidth: 'عرض اللوح الجانبي',

  artifact: 'صفحة',
  preview: 'معاينة',
  previewOf: (title) => `معاينة ${title}`,
  previewSafe: 'تعمل بمعزل عن هذه الصفحة وبلا شبكة.',
  previewStuck: 'المعاينة لا تستجيب.',
  previewStopped: 'أُوقفت المعاينة.',
  previewStop: 'إيقاف',
  previewAgain: 'تشغيل من جديد',
  sourceCode: 'الشيفرة',
  copyCode: 'نسخ الشيفرة',
  linesCount: (n) =>
    plural(n, { zero: 'لا أسطر', one: 'سطر واحد', two: 'سطران', few: '# أسطر', many: '# سطرًا', other: '# سطر' }),
  line: (n) => `السطر ${number(n)}`,
  versions: 'النسخ',
  version: (n) => `النسخة ${number(n)}`,
  problems: 'المشكلات',
  noProblems: 'لم يحدث أي خطأ حتى الآن.',
  problemKinds: { error: 'خطأ', blocked: 'غير مسموح هنا', console: 'وحدة التحكم' },
  sendError: 'إرسال الخطأ إلى المساعد',
  errorQuestion: (title, message, line, code) =>
    [
      `${title ? `تُبلّغ معاينة «${title}»` : 'تُبلّغ المعاينة'} عن خطأ${line ? ` في السطر ${number(line)}` : ''}:`,
      `\`\`\`\n${message}\n\`\`\``,
      ...(code ? [`والسطر هو:\n\n\`\`\`\n${code}\n\`\`\``] : []),
      'يُرجى تصحيحه وإرسال الصفحة كاملة مرة أخرى.',
    ].join('\n\n'),

  sharedOn: (at) => `نسخة من ${say.date(at)}، للقراءة فقط`,
  sharedFoot: 'تقتبس الإجابات مقاطع من المستندات. يفتح الاقتباس المقطع الذي يستند إليه.',
  asked: 'سؤال',
  notShared: {
    gone: 'هذا الرابط لا يؤدي إلى شيء',
    busy: 'كثيرون يقرؤون الآن',
    unreachable: 'تعذّر الوصول إلى الخادم',
  },
  notSharedBody: {
    gone: 'أنهى من شارك هذه المحادثة الرابط، أو أن العنوان غير مكتمل.',
    busy: 'انتظر لحظة ثم حاول مرة أخرى.',
    unreachable: 'تحقّق من الاتصال ثم حاول مرة أخرى.',
  },

  addFiles: 'إضافة ملفات',
  addFolder: 'إضافة مجلد',
  documents: 'المستندات',
  seeDocuments: 'عرض ما هو متاح',
  documentsCount: (n) =>
    plural(n, {
      zero: 'لا مستندات', one: 'مستند واحد', two: 'مستندان', few: '# مستندات', many: '# مستندًا', other: '# مستند',
    }),
  passagesCount: (n) =>
    plural(n, { zero: 'لا مقاطع', one: 'مقطع واحد', two: 'مقطعان', few: '# مقاطع', many: '# مقطعًا', other: '# مقطع' }),
  failedCount: (n) =>
    plural(n, {
      zero: 'قُرئت كلها',
      one: 'مستند واحد تعذّرت قراءته',
      two: 'مستندان تعذّرت قراءتهما',
      few: '# مستندات تعذّرت قراءتها',
      many: '# مستندًا تعذّرت قراءتها',
      other: '# مستند تعذّرت قراءتها',
    }),
  dropHere: 'أفلت الملفات لإضافتها إلى مستنداتك',
  dropHint: 'نص، Markdown، HTML، PDF، Word، PowerPoint، Excel، CSV، بريد إلكتروني، شيفرة مصدرية',
  noSources: 'لا مستندات بعد.',
  status: { pending: 'في الانتظار', processing: 'تجري قراءته', ready: 'جاهز', error: 'تعذّرت قراءته' },
  uploading: (share) => percent(share),
  uploadDone: 'أُرسل، في انتظار الخادم',
  uploadWaiting: 'في انتظار دوره',
  uploads: 'ملفات قيد الرفع',
  showUploads: 'عرض الملفات قيد الإرسال',
  uploadsLeft: (n) =>
    plural(n, {
      zero: 'لا ملفات قيد الرفع',
      one: 'ملف واحد قيد الرفع',
      two: 'ملفان قيد الرفع',
      few: '# ملفات قيد الرفع',
      many: '# ملفًا قيد الرفع',
      other: '# ملف قيد الرفع',
    }),
  uploadsFailed: (n) =>
    plural(n, {
      zero: 'أُرسلت كلها',
      one: 'ملف واحد لم يُرسل',
      two: 'ملفان لم يُرسلا',
      few: '# ملفات لم تُرسل',
      many: '# ملفًا لم تُرسل',
      other: '# ملف لم تُرسل',
    }),
  retryAll: 'إعادة محاولة الكل',
  cancelAll: 'إلغاء الكل',
  uploadProblems: {
    network: 'انقطع الاتصال. ما زال الملف هنا: أرسله مرة أخرى.',
    too_large: 'الملف كبير جدًا. يقبل الخادم ملفات حتى 256 ميغابايت.',
    wrong_content_type: 'لا يقبل الخادم هذا النوع من الملفات.',
    unreadable: 'لا يستطيع الخادم قراءة هذا النوع من الملفات.',
    rate_limited: 'ملفات كثيرة دفعة واحدة. انتظر لحظة ثم أرسله مرة أخرى.',
    draining: 'الخادم يُعاد تشغيله. أرسله مرة أخرى بعد لحظة.',
    storage_full: 'قرص الخادم ممتلئ. اطلب ممن يديره إفساح مكان ثم أرسله مرة أخرى.',
    unreadable_file: 'لم يعد المتصفح قادرًا على قراءة هذا الملف. اختره مرة أخرى.',
  },
  cancelUpload: (name) => `إلغاء رفع ${name}`,
  dismissUpload: (name) => `إزالة ${name} من القائمة`,
  retryUpload: 'إعادة المحاولة',
  removeSource: (title) => `إزالة ${title}`,
  reallyRemove: 'إزالة؟',
  readAgain: (title) => `إعادة محاولة قراءة ${title}`,
  readAllAgain: (n) =>
    plural(n, {
      zero: 'إعادة قراءة ما تعذر',
      one: 'إعادة قراءة ما تعذر (#)',
      two: 'إعادة قراءة كل ما تعذر (#)',
      few: 'إعادة قراءة كل ما تعذر (#)',
      many: 'إعادة قراءة كل ما تعذر (#)',
      other: 'إعادة قراءة كل ما تعذر (#)',
    }),
  showDocuments: 'عرض مستنداته',
}
