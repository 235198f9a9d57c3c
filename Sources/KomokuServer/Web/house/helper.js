// Keys that the family made: switches, modes, numbers, texts, week schedules, timers and persons. Each has a control like a device's.

import { change, h, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { capital, moment } from '../base/format.js'
import { notifyError } from '../base/notice.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { mayWrite } from '../hub/api.js'
import { keys, watch } from '../keys/store.js'
import { control } from '../devices/control.js'
import { wordFor } from '../keys/names.js'

export { helpers, loadHelpers } from '../keys/made.js'

/** @typedef {import('../keys/made.js').Helper} Helper */

/** @type {Record<string, string>} */
export const signs = { switch: 'switch', mode: 'dial', number: 'graph', text: 'edit', schedule: 'calendar', timer: 'clock', person: 'person' }

/** @param {Helper} helper @returns {[import('../devices/store.js').Property, import('../devices/store.js').Device]} */
export function helperAsProperty({ key, kind, label, values, min, max, step, unit = null }) {
  const name = label || key.split('.').pop() || key
  const type = { switch: 'boolean', number: 'numeric' }[kind] ?? keys.get(key)?.type ?? 'string'
  const writable = /^(switch|mode|number|text)$/.test(kind) && mayWrite(key)
  const property = { property: 'value', key, type, unit, writable, event: false, values: kind === 'mode' ? values : undefined, min, max, step, label: name, control: kind === 'text' ? 'text' : undefined }
  return [property, { device: '', name, manufacturer: null, model: null, source: '', present: true, online: true, sleeps: false, via: null, last_seen: null, properties: [property], unsupported: [] }]
}

/**
 * @param {Helper} helper
 * @param {AbortSignal} signal
 */
export function helperControl(helper, signal) {
  const [property, device] = helperAsProperty(helper)
  const element = control(property, device, signal, { name: device.name })
  const sign = element.querySelector('.control-name > .icon')
  sign?.replaceWith(icon(signs[helper.kind] ?? 'other'))
  if (helper.kind !== 'timer' || !mayWrite(helper.key)) return element
  const said = h('span', { class: 'cover-text quiet' })
  const button = (/** @type {string} */ what, /** @type {string} */ sign) => h('button', { class: 'plain bare', 'aria-label': t('control.of', { name: device.name, what: t(`timer.${what}`) }), onclick: () => ask('put', { key: helper.key, value: what }).catch(notifyError) }, icon(sign))
  const [start, pause, cancel] = [button('start', 'play'), button('pause', 'pause'), button('cancel', 'stop')]
  element.children[1].replaceWith(h('div', { class: 'row cover' }, said, start, pause, cancel))
  // A word such as `start` is no value of it: it says `running` then, and when it ends.
  const draw = () => {
    const [value, ends] = [keys.get(helper.key)?.value, keys.get(`${helper.key}.ends`)?.value]
    change(pause, { disabled: value !== 'running' })
    change(cancel, { disabled: value !== 'running' && value !== 'paused' })
    setText(said, value == null ? '' : value === 'running' && typeof ends === 'number' ? t('timer.until', { time: moment(ends) }) : capital(wordFor(String(value))))
  }
  watch(helper.key, draw, signal)
  watch(`${helper.key}.ends`, draw, signal)
  return element
}
