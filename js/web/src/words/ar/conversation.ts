/** إطار الصفحة والمحادثات والأسئلة والأجوبة. */

import type { conversation as english } from '../en/conversation.ts'
import { say } from './say.ts'

const { number, plural } = say

export const conversation: typeof english = {
  product: 'Rivulet',
  skip: 'انتقل إلى السؤال',

  newChat: 'محادثة جديدة',
  chats: 'المحادثات',
  noChats: 'ستظهر محادثاتك هنا.',
  olderChats: 'عرض المحادثات الأقدم',
  earlierMessages: 'عرض الرسائل السابقة',
  today: 'اليوم',
  yesterday: 'أمس',
  thisWeek: 'في وقت سابق من هذا الأسبوع',
  older: 'أقدم',
  answering: 'تجري الإجابة',
  deleteChat: (title) => `حذف «${title}»`,
  reallyDelete: 'حذف؟',
  openMenu: 'فتح قائمة المحادثات',
  closeMenu: 'إغلاق قائمة المحادثات',

  greeting: 'ماذا تريد أن تعرف؟',
  greetingBody: (documents) =>
    plural(documents, {
      zero: 'لا توجد مستندات بعد.',
      one: 'تأتي الإجابات من مستند واحد، مع المقاطع التي تستند إليها.',
      two: 'تأتي الإجابات من مستندين، مع المقاطع التي تستند إليها.',
      few: 'تأتي الإجابات من # مستندات، مع المقاطع التي تستند إليها.',
      many: 'تأتي الإجابات من # مستندًا، مع المقاطع التي تستند إليها.',
      other: 'تأتي الإجابات من # مستند، مع المقاطع التي تستند إليها.',
    }),
  greetingEmpty: 'أضف مستندات ثم اسأل عنها',
  away: 'الخادم غير متاح الآن',
  awayBody: 'يُعاد سؤاله كل بضع ثوانٍ، وتتابع الصفحة وحدها حالما يجيب.',
  greetingEmptyBody: 'أفلت الملفات في أي مكان من هذه الصفحة. تبقى الملفات على هذا الخادم.',

  ask: 'اسأل عن مستنداتك',
  askLabel: 'سؤالك',
  send: 'إرسال',
  stop: 'إيقاف',
  stopping: 'جارٍ الإيقاف…',
  model: 'النموذج',
  stillAnswering: 'ما زالت الإجابة جارية. نصّك محفوظ؛ اضغط Esc للإيقاف.',
  tooLong: (length) => `${number(length)} من ${number(32_000)} حرف: يُرجى اختصار السؤال.`,

  conversation: 'المحادثة',
  you: 'سؤالك',
  stages: {
    queued: 'في انتظار الإجابة السابقة',
    routing: 'اختيار طريقة الإجابة',
    condensing: 'قراءة السؤال في سياقه',
    retrieval: 'البحث في مستنداتك',
    reranking: 'تقييم ما عُثر عليه',
    generation: 'كتابة الإجابة',
    waiting: 'في انتظار النموذج',
    tool: 'استخدام أداة',
  },
  sending: 'جارٍ الإرسال',
  answeringNow: 'تجري الإجابة',
  answerComplete: (words, sources) => {
    const written = plural(words, {
      zero: 'بلا كلمات', one: 'كلمة واحدة', two: 'كلمتان', few: '# كلمات', many: '# كلمة', other: '# كلمة',
    })
    const cited = plural(sources, {
      zero: 'بلا مصادر', one: 'مصدر واحد', two: 'مصدران', few: '# مصادر', many: '# مصدرًا', other: '# مصدر',
    })
    return `اكتملت الإجابة، ${written}، ${cited}.`
  },
  answerStopped: 'أُوقفت.',
  answerFailed: (message) => `تعذّرت الإجابة. ${message}`,
  reasoning: 'التفكير',
  thinking: 'يفكّر…',
  toolStatus: { running: 'قيد التنفيذ', completed: 'تمّ', failed: 'فشل', cancelled: 'أُوقف' },
  toolInput: 'المدخلات',
  toolOutput: 'المخرجات',

  stopped: 'أُوقفت الإجابة. ما كُتب محفوظ.',
  stoppedEmpty: 'أُوقفت الإجابة قبل أن يُكتب شيء.',
  incomplete: 'انتهت الإجابة عند أحد الحدود.',
  nothing: 'لم يكتب النموذج شيئًا.',
  copy: 'نسخ',
  copied: 'نُسخ',
  copyAnswer: 'نسخ الإجابة',
  askAgain: 'اسأل مرة أخرى',
  details: 'التفاصيل',

  facts: {
    duration: 'المدة',
    firstWord: 'أول كلمة بعد',
    speed: 'السرعة',
    tokens: 'الرموز',
    tokensOf: (read, written) => `${number(read)} داخلة، ${number(written)} خارجة`,
    perSecond: (tokens) => `${number(tokens)} رمز/ث`,
    cost: 'التكلفة',
    support: 'ما تؤيده المصادر',
  },

  failed: 'تعذّر إكمال هذه الإجابة',
  notSent: 'تعذّر إرسال سؤالك',
  retry: 'إعادة المحاولة',
  copyDetails: 'نسخ التفاصيل',
  code: 'الرمز',
  request: 'الطلب',
  turn: 'الدورة',

  reconnecting: 'جارٍ إعادة الاتصال…',
  offline: 'في انتظار الشبكة',
  loadFailed: (message) => `تعذّر عرض هذه المحادثة. ${message}`,
  latest: 'الأحدث',
  latestLabel: 'الانتقال إلى أحدث إجابة',

  keyTitle: 'هذا الخادم يطلب مفتاحًا',
  keyBody: 'هو قيمة RIVULET_API_KEY على الخادم. يتذكره هذا اللسان حتى تغلقه، ولا يُرسل إلا إلى هذا الخادم.',
  keyLabel: 'المفتاح',
  keyWrong: 'لا يقبل الخادم هذا المفتاح.',
  keyContinue: 'متابعة',

  unexpected: 'حدث خطأ ما في هذه الصفحة.',
}
