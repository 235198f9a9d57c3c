// The figures of the range that is shown, in plain words (docs/statistics.md).

import { h, replace } from '../base/dom.js'
import { duration, moment, number, withUnit } from '../base/format.js'
import { t } from '../base/words.js'
import { api } from '../hub/api.js'
import { keyForm, keyText } from './names.js'
import { keys } from './store.js'

const values = ['min', 'max', 'time_mean', 'mean', 'deviation', 'first', 'last', 'delta', 'increase', 'sum']
const lengths = ['true_time', 'longest', 'shortest', 'known_time', 'unwatched']
const counts = ['count', 'edges', 'resets', 'glitches']
const order = ['time_mean', 'min', 'max', 'increase', 'span', 'fraction', 'true_time', 'edges', 'longest', 'shortest', 'first', 'last',
  'delta', 'rate', 'energy', 'deviation', 'percentiles', 'mean', 'resets', 'glitches', 'states', 'others', 'count', 'known_time', 'unwatched']

/** @param {string} name @param {AbortSignal} signal */
export function statistics(name, signal) {
  const place = h('dl', { class: 'facts number key-figures' })
  /** @type {AbortController | undefined} */
  let asking
  signal.addEventListener('abort', () => asking?.abort(), { once: true })
  /** @param {import('../graph/panel.js').View} view */
  const show = async (view) => {
    asking?.abort()
    const { signal } = asking = new AbortController()
    try {
      const path = `keys/${encodeURIComponent(name)}`
      const isSwitch = ['boolean', 'uptime'].includes(keyForm(name).type ?? '')
      const spans = isSwitch ? api('GET', `${path}/spans`, { since: view.since, until: view.until, limit: 1 },
        { signal }).then((answer) => answer.spans[0], () => null) : null
      const { windows: [window] } = await api('GET', `${path}/statistics`, { since: view.since, until: view.until,
        percentiles: keyForm(name).type === 'numeric' ? '5,50,95' : undefined }, { signal })
      if (window) window.span = await spans
      if (window) replace(place, order.filter((each) => window[each] !== null && window[each] !== undefined && !(each === 'states' && keys.get(name)?.opts.event)).map((each) => fact(name, each, window)))
    } catch (error) { if (error.name !== 'AbortError') replace(place, h('dd', { class: 'quiet' }, error.message)) }
  }
  return { element: h('section', null, h('h2', null, t('key.statistics')), place), show }
}

/**
 * Two units say enough: `2 h 14 min`.
 * @param {number} seconds
 */
function lengthText(seconds) {
  const whole = Math.round(seconds)
  const unit = whole < 60 ? 1 : whole < 3600 ? 60 : whole < 2 * 86400 ? 3600 : 86400
  const part = unit === 86400 ? 3600 : unit / 60
  const rest = part < 1 ? 0 : Math.floor(whole % unit / part) * part
  return `${duration(whole - whole % unit)}${rest ? ` ${duration(rest)}` : ''}`
}

/** @param {string} name @param {string} field @param {any} window */
function fact(name, field, window) {
  const text = figureText(name, field, window)
  return text === null ? null : [h('dt', null, t(`figure.${field}`, { state: keyText(name, true) })), h('dd', null, text)]
}

/** @param {string} name @param {string} field @param {any} window @returns {any} */
function figureText(name, field, window) {
  const [value, form] = [window[field], keyForm(name)]
  if (lengths.includes(field)) return lengthText(value)
  if (counts.includes(field)) return number(value, 0)
  if (field === 'fraction') return `${number(value * 100, 1)}\u202f%`
  if (field === 'rate') return withUnit(number(value * 3600), `${form.unit ?? ''}/h`)
  if (field === 'energy') return withUnit(number(value), `${form.unit ?? ''}h`)
  if (field === 'span') return value[1] === null ? t('figure.span.lasts', { since: moment(value[0]) }) : t('figure.span.was',
    { since: moment(value[0]), length: lengthText(value[1]) })
  if (field === 'percentiles') return value.some((/** @type {any} */ each) => each === null) ? null : value.map((/** @type {number} */ each) => keyText(name, each)).join(' · ')
  if (field === 'states') return Object.entries(value).sort(([, a], [, b]) => b - a).map(([text, seconds]) => h('div', null, h('bdi', null,
    keyText(name, text)), `: ${lengthText(seconds)}`))
  if (field === 'others') return lengthText(value.seconds)
  if (values.includes(field)) return keyText(name, value)
  return typeof value === 'number' ? number(value) : String(value)
}

