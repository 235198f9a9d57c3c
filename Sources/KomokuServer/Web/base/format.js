// Numbers, times and values as people write them, in the language of the page and the time zone of the hub.

import { language, t, has } from './words.js'

/**
 * The hub's zone; the browser's where it is not known.
 * @type {string | undefined}
 */
export let zone

/** @param {string | null} name */
export function setZone(name) {
  formats.clear()
  zone = name ?? undefined
}

/**
 * With the hub's zone; where this browser does not know that, its own is the next best. It is tried when it is first needed:
 * that takes a slow phone a tenth of a second.
 * @param {Intl.DateTimeFormatOptions} options
 */
function inZone(options) {
  const tongue = language === 'en' ? 'en-GB' : language
  try { return new Intl.DateTimeFormat(tongue, { timeZone: zone, ...options }) } catch (error) {
    if (!zone) throw error
    zone = undefined
    return new Intl.DateTimeFormat(tongue, options)
  }
}

/** @type {Map<string, any>} */
const formats = new Map()

/**
 * @param {string} name
 * @param {() => any} make
 */
function kept(name, make) {
  const key = `${language} ${name}`
  if (!formats.has(key)) formats.set(key, make())
  return formats.get(key)
}

/**
 * @param {number} value
 * @param {number} [decimals] exactly so many; without, as many as mean something
 */
export function number(value, decimals) {
  if (!Number.isFinite(value)) return t('value.none')
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e12 || size < 1e-6)) return value.toExponential(2)
  const most = decimals ?? (size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3)
  // Not by Intl.NumberFormat, whose first one takes a slow phone a tenth of a second.
  const [whole, fraction = ''] = value.toFixed(most).split('.')
  const rest = decimals === undefined ? fraction.replace(/0+$/, '') : fraction
  const [point, comma] = marks[language]
  const digits = (/[1-9]/.test(whole + rest) ? whole : '0').replace(/\B(?=(\d{3})+$)/g, comma)
  return digits + (rest && point + rest)
}

/** Before a fraction, and between thousands. */
const marks = { en: ['.', ','], de: [',', '.'] }

/**
 * A value with its unit: `21.4 °C`, `on`, `open`, `—` for what is not known.
 * @param {any} value
 * @param {{ type?: string, unit?: string | null, precision?: number | null, class?: string | null }} [key] what is known of the key
 */
export function valueText(value, key = {}) {
  if (value === null || value === undefined) return t('value.none')
  if (typeof value === 'number') return withUnit(number(value, key.precision ?? undefined), key.unit)
  if (typeof value === 'boolean') {
    const name = `value.${key.class ?? ''}.${value}`
    return has(name) ? t(name) : t(`value.${key.type === 'uptime' ? 'uptime.' : ''}${value}`)
  }
  return words(String(value))
}

/**
 * @param {string} text
 * @param {string | null | undefined} unit
 */
export function withUnit(text, unit) {
  return unit ? `${text}\u202f${unit}` : text
}

/**
 * `fan_only` is "fan only"; what a person wrote stays as it is.
 * @param {string} text
 */
export function words(text) {
  return /^[a-z0-9]+([_-][a-z0-9]+)+$/.test(text) ? text.replace(/[_-]/g, ' ') : text
}

/**
 * Text as it begins a line.
 * @param {string} text
 */
export function capital(text) {
  const first = [...text][0] ?? ''
  return first.toLocaleUpperCase(language) + text.slice(first.length)
}

/** @param {number} seconds since 1970 @param {Intl.DateTimeFormatOptions} options */
export function date(seconds, options) {
  const name = `d${JSON.stringify(options)}`
  return kept(name, () => inZone(options)).format(seconds * 1000)
}

/**
 * `14:03`, with the day where it is not today.
 * @param {number} seconds
 */
export function moment(seconds) {
  const day = { day: 'numeric', month: 'short', year: 'numeric' }
  const time = date(seconds, { hour: '2-digit', minute: '2-digit' })
  const now = Date.now() / 1000
  if (date(seconds, /** @type {any} */ (day)) === date(now, /** @type {any} */ (day))) return time
  if (date(seconds, /** @type {any} */ (day)) === date(now - 86400, /** @type {any} */ (day))) return t('time.yesterday', { time })
  const isNear = Math.abs(now - seconds) < 300 * 86400
  return `${date(seconds, isNear ? { day: 'numeric', month: 'short' } : /** @type {any} */ (day))}, ${time}`
}

/**
 * The whole of it, for titles and readers.
 * @param {number} seconds
 */
export function fullMoment(seconds) {
  return date(seconds, { dateStyle: 'full', timeStyle: 'medium' })
}

/**
 * `3 min`, `2 h`, `5 days`: one unit is enough.
 * @param {number} seconds
 */
export function duration(seconds) {
  const size = Math.max(0, seconds)
  if (size < 60) return t('time.seconds', { count: Math.round(size) })
  if (size < 3600) return t('time.minutes', { count: Math.round(size / 60) })
  if (size < 2 * 86400) return t('time.hours', { count: Math.round(size / 3600) })
  return t('time.days', { count: Math.round(size / 86400) })
}

/**
 * `3 min ago`.
 * @param {number} seconds since 1970
 */
export function ago(seconds) {
  const length = Date.now() / 1000 - seconds
  return length < 5 ? t('time.now') : t('time.ago', { duration: duration(length) })
}
