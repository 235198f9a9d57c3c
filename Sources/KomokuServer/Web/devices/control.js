// The right control for each property: a switch, a slider, buttons of a cover … It shows what was asked until the device
// reports or fails, says which of both it is, and what is old or out of reach.

import { change, h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { capital, moment, number, valueText, withUnit } from '../base/format.js'
import { confirm } from '../base/notice.js'
import { loadStyle } from '../base/router.js'
import { has, t } from '../base/words.js'
import { mayWrite } from '../hub/api.js'
import { askedOf, request, shownValue, throttled } from '../keys/asking.js'
import { keys, watch } from '../keys/store.js'
import { devices, devicesChanged } from './store.js'
import { deviceName, isRare, keyAddress, keyText, propertyIcon, propertyName, wordFor, wordOf } from '../keys/names.js'
import { isOffline, kindOf, readingText } from './control-kind.js'
import { slider } from './control-slider.js'
import { colour } from './control-colour.js'

/**
 * @typedef {import('./store.js').Device} Device
 * @typedef {import('./store.js').Property} Property
 * @typedef {object} Widget
 * @property {HTMLElement} element
 * @property {(value: any) => void} show
 * @property {string[]} [keys] others that it shows
 * @property {boolean} [isWide] it needs a line of its own
 */

export { arranged, isOffline, kindOf, readingText } from './control-kind.js'

loadStyle('devices/control.css')

/** @param {Property} property @param {Device} device @param {string} name @returns {Widget} */
function widgetFor(property, device, name) {
  switch (kindOf(property, device)) {
    case 'toggle': return toggle(property, name)
    case 'lock': return toggle(property, name, true)
    case 'cover': return coverButtons(property, name)
    case 'choice': return choice(property, name)
    case 'colour': return colour(property, device)
    case 'warmth': case 'slider': return range(property, name)
    case 'number': return stepper(property, name)
    case 'button': return pushButton(property, name)
    case 'text': return textField(property, name)
  }
  return reading(property)
}

/** @param {Property} property @param {string} name @param {boolean} [isLock] @returns {Widget} */
function toggle(property, name, isLock = false) {
  const said = h('span', { class: 'toggle-text' })
  const element = h('button', {
    class: 'toggle', role: 'switch', 'aria-label': name, onclick: async () => {
      const wanted = !shownValue(property.key)
      // A door that was opened by the edge of a hand is open.
      if (isLock && !wanted && !await confirm(t('control.unlock.sure', { name }), t('control.unlock'))) return
      request(property.key, wanted)
    },
  }, h('span', { class: 'toggle-knob', 'aria-hidden': 'true' }), said)
  return {
    element, show: (value) => {
      change(element, { 'aria-checked': value === true ? 'true' : 'false' })
      element.classList.toggle('is-unknown', value === null)
      setText(said, value === null ? t('value.none') : isLock ? t(`control.lock.${value}`) : t(`value.${value}`))
    },
  }
}

/** @param {Property} property @param {string} name @returns {Widget} */
function coverButtons(property, name) {
  const said = h('span', { class: 'cover-text quiet' })
  const find = (/** @type {RegExp} */ pattern, /** @type {string} */ otherwise) => property.values ? property.values.find((each) => pattern.test(String(each))) : otherwise
  /** @type {[string, any][]} */
  const words = [['up', find(/^open$/i, 'open')], ['stop', find(/^stop$/i, 'stop')], ['down', find(/^close$/i, 'close')]]
  const buttons = words.filter(([, word]) => word !== undefined).map(([sign, word]) =>
    h('button', { class: 'plain bare', 'aria-label': t('control.of', { name, what: t(`control.${sign}`) }), onclick: () => request(property.key, word) }, icon(sign)))
  return {
    element: h('div', { class: 'row cover', role: 'group', 'aria-label': name }, said, buttons),
    show: (value) => setText(said, value === null ? '' : capital(wordFor(String(value)))),
  }
}

/** @param {Property} property @param {string} name @returns {Widget} */
function choice(property, name) {
  const values = property.values ?? []
  if (values.length < 5 && values.join(' ').length < 26) {
    const buttons = values.map((value) => h('button', { onclick: () => request(property.key, value) }, capital(wordFor(String(value)))))
    return {
      element: h('div', { class: 'choice', role: 'group', 'aria-label': name }, buttons), isWide: values.length > 2,
      show: (shown) => buttons.forEach((button, index) => change(button, { 'aria-pressed': String(values[index]) === String(shown) ? 'true' : 'false' })),
    }
  }
  const unknown = h('option', { value: '', disabled: true }, t('control.choose'))
  const element = h('select', { 'aria-label': name, onchange: () => request(property.key, values[element.selectedIndex - 1]) },
    unknown, values.map((value) => h('option', null, capital(wordFor(String(value))))))
  return { element, show: (shown) => { element.selectedIndex = 1 + values.findIndex((each) => String(each) === String(shown)) } }
}

/** @param {Property} property @param {string} name @returns {Widget} */
function range(property, name) {
  const isWarmth = property.unit === 'mired'
  const { min = isWarmth ? 153 : 0, max = isWarmth ? 500 : 100 } = property
  const isShare = !property.unit && max > 20 || property.unit === '%'
  const text = (/** @type {number} */ value) => isWarmth ? withUnit(number(Math.round(1e5 / value) * 10, 0), 'K')
    : isShare ? withUnit(String(Math.round((value - min) / (max - min) * 100)), '%') : valueText(value, { unit: property.unit })
  const { element, show } = slider({ label: name, min, max, step: property.step || (max - min > 10 ? 1 : undefined), text, send: throttled(property.key), track: isWarmth ? 'is-warmth' : '' })
  return { element, show, isWide: true }
}

/** @param {Property} property @param {string} name @returns {Widget} */
export function stepper(property, name) {
  const { min = -Infinity, max = Infinity } = property
  const step = property.step || (/°/.test(property.unit ?? '') ? 0.5 : 1)
  const decimals = String(step).split('.')[1]?.length ?? 0
  /** @type {any} */
  let current = null
  const send = throttled(property.key)
  const input = h('input', { class: 'number', inputmode: 'decimal', size: 5, 'aria-label': name, onchange: () => choose(Number(input.value.replace(',', '.').replace(/[^\d.eE+-]/g, ''))) })
  const show = (/** @type {any} */ value) => {
    current = value
    if (document.activeElement !== input || !input.matches('.is-typed')) input.value = typeof value === 'number' ? number(value, Number.isInteger(value) ? decimals : undefined) : ''
  }
  const choose = (/** @type {number} */ value) => {
    input.classList.remove('is-typed')
    if (!Number.isFinite(value)) return show(current)
    const chosen = Number(Math.min(max, Math.max(min, value)).toFixed(6))
    show(chosen)
    send(chosen)
  }
  const by = (/** @type {number} */ sign) => () => choose((current ?? (Number.isFinite(min) ? min : 0)) + sign * step)
  input.addEventListener('input', () => input.classList.add('is-typed'))
  input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const sign = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
    if (sign) { event.preventDefault(); by(sign)() }
  })
  const button = (/** @type {string} */ sign, /** @type {number} */ way) =>
    h('button', { class: 'plain bare', 'aria-label': t('control.of', { name, what: t(`control.${sign}`) }), onclick: by(way) }, icon(sign))
  return { element: h('div', { class: 'stepper', role: 'group', 'aria-label': name }, button('minus', -1), input, property.unit && h('span', { class: 'quiet' }, property.unit), button('plus', 1)), show }
}

/** @param {Property} property @param {string} name @returns {Widget} */
function pushButton(property, name) {
  return { element: h('button', { class: 'plain', 'aria-label': name, onclick: () => request(property.key, 'PRESS') }, t('control.press')), show: () => {} }
}

/** @param {Property} property @param {string} name @returns {Widget} */
function textField(property, name) {
  const input = h('input', { 'aria-label': name, size: 12, maxlength: 255 })
  const element = h('form', { class: 'row', onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); request(property.key, input.value) } },
    input, h('button', { class: 'plain', 'aria-label': t('control.of', { name, what: t('control.set') }) }, t('control.set')))
  return { element, show: (value) => { if (document.activeElement !== input) input.value = value ?? '' }, isWide: true }
}

/** @param {Property} property @returns {Widget} */
function reading(property) {
  const element = h('a', { class: 'reading number live', href: keyAddress(property.key) })
  return { element, show: () => setText(element, readingText(property)) }
}

/**
 * A property with its name, its control or value, and how it stands with it.
 * @param {Property} property
 * @param {Device} device
 * @param {AbortSignal} signal
 * @param {{ name?: string, isInCard?: boolean }} [options] `isInCard`: the device's name stands above
 * @returns {HTMLElement}
 */
export function control(property, device, signal, options = {}) {
  const own = options.name ?? propertyName(property, device)
  const isItself = own === deviceName(device)
  const spoken = isItself ? own : `${deviceName(device)}: ${own}`
  const sign = propertyIcon(property, device)
  const name = isItself && options.isInCard && property.writable ? t(has(`kind.${sign}`) ? `kind.${sign}` : 'kind.switch') : own
  const widget = widgetFor(property, device, spoken)
  const mark = h('span', { class: 'control-mark' })
  const failure = h('p', { class: 'control-failure', hidden: true })
  const element = h('div', { class: `control ${widget.isWide ? 'is-wide' : ''}`, 'data-property': property.property },
    h('span', { class: 'control-name', title: name }, icon(sign), h('bdi', null, name), mark), widget.element, failure)
  const draw = () => {
    widget.show(shownValue(property.key))
    showState(element, mark, property, device)
    showFailure(failure, property)
  }
  const online = device.properties.find((each) => each.property === 'online')?.key
  for (const key of new Set([property.key, ...widget.keys ?? [], ...online ? [online] : []])) watch(key, draw, signal)
  devicesChanged.listen(draw, signal)
  return element
}

/** @param {HTMLElement} element @param {HTMLElement} mark @param {Property} property @param {Device} device */
function showState(element, mark, property, device) {
  const isOut = isOffline(device)
  const state = askedOf(property.key)?.state === 'pending' ? 'pending' : isOut ? 'offline' : keys.get(property.key)?.stale ? 'stale' : ''
  if (mark.dataset.state !== state) {
    mark.dataset.state = state
    replace(mark, state && icon({ pending: 'clock', offline: 'offline', stale: 'clock' }[state] ?? ''), state && h('span', null, t(state === 'pending' ? 'command.pending' : `value.${state}`)))
  }
  element.classList.toggle('is-pending', state === 'pending')
  element.classList.toggle('is-old', state === 'offline' || state === 'stale')
}

/** @param {HTMLElement} failure @param {Property} property */
function showFailure(failure, property) {
  const wish = askedOf(property.key)
  // A report that came too late is a report.
  const hasFailed = wish?.state === 'failed' && keys.get(property.key)?.value !== wish.value
  if (failure.hidden === !hasFailed && failure.dataset.reason === wish?.reason) return
  failure.hidden = !hasFailed
  failure.dataset.reason = wish?.reason
  if (hasFailed) replace(failure, icon('error'), h('span', null, capital(t('command.failed.short')), ': ', h('bdi', null, wish.reason)),
    h('button', { class: 'plain', onclick: () => request(property.key, wish.value) }, t('action.again')))
}

