/** How a language counts and writes numbers, sizes, times and lists: everything here is Intl's knowledge. */

export interface Speech<Rule extends Intl.LDMLPluralRule> {
  /** The form that belongs to `n`, with `#` standing for the number. */
  plural: (n: number, forms: Record<Rule, string>) => string
  number: (n: number) => string
  /** From 0 to 1. */
  percent: (share: number) => string
  bytes: (n: number) => string
  /** As exactly as two digits that are not zero need it: answers cost parts of a cent. */
  money: (amount: number, currency: string) => string
  /** How long something took: milliseconds below a second, tenths above. */
  duration: (ms: number) => string
  /** Whole seconds, as of a clock that runs. */
  seconds: (n: number) => string
  date: (at: number) => string
  /** A time of today is the clock's alone. */
  time: (at: number) => string
  list: (items: readonly string[]) => string
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** `locale` is what Intl takes, such as `ar-u-nu-latn`. */
export function speech<Rule extends Intl.LDMLPluralRule>(locale: string): Speech<Rule> {
  const rules = new Intl.PluralRules(locale)
  const write = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(locale, options)
    return (n: number) => format.format(n)
  }
  const unit = (name: string, maximumFractionDigits: number) =>
    write({ style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits })
  const number = write({})
  const [milliseconds, tenths, seconds] = [unit('millisecond', 0), unit('second', 1), unit('second', 0)]
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const clock = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const hour = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
  const items = new Intl.ListFormat(locale, { type: 'conjunction' })
  return {
    number,
    percent: write({ style: 'percent' }),
    plural: (n, forms) => (forms[rules.select(n) as Rule] ?? '').replace('#', number(n)),
    bytes: (n) => {
      const power = Math.min(SIZES.length - 1, n < 1 ? 0 : Math.floor(Math.log10(n) / 3))
      return unit(SIZES[power] as string, power > 1 ? 1 : 0)(n / 1000 ** power)
    },
    money: (amount, currency) =>
      write({ style: 'currency', currency, minimumFractionDigits: 2, maximumFractionDigits: fraction(amount) })(amount),
    duration: (ms) => (ms < 1000 ? milliseconds(ms) : tenths(ms / 1000)),
    seconds,
    date: (at) => day.format(at),
    time: (at) => (isToday(at) ? hour : clock).format(at),
    list: (all) => items.format(all),
  }
}

const isToday = (at: number) => new Date(at).toDateString() === new Date().toDateString()

/** Digits behind the point until two of them say something; 2 to 9. */
function fraction(amount: number): number {
  return amount > 0 && amount < 0.1 ? Math.min(9, 1 - Math.floor(Math.log10(amount))) : 2
}
