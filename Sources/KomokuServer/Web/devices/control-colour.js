// Colours by hue and strength, whatever form the device has for them: hue and saturation, x and y, or a text of three numbers.

import { h } from '../base/dom.js'
import { number, withUnit } from '../base/format.js'
import { t } from '../base/words.js'
import { request, shownValue, throttled } from '../keys/asking.js'
import { propertyName } from '../keys/names.js'
import { slider } from './control-slider.js'

/** @typedef {[number, number]} Colour hue in degrees, saturation in percent */

/** @param {Colour} colour @returns {[number, number, number]} red, green and blue up to 1 */
function light([hue, saturation]) {
  const part = (/** @type {number} */ n) => {
    const k = (n + hue / 60) % 6
    return 1 - saturation / 100 * Math.max(0, Math.min(k, 4 - k, 1))
  }
  return [part(5), part(3), part(1)]
}

/** @param {number[]} light @returns {Colour} */
function colourOf(light) {
  const [r, g, b] = light.map((each) => Math.max(0, each))
  const most = Math.max(r, g, b)
  const spread = most - Math.min(r, g, b)
  if (!most || !spread) return [0, 0]
  const hue = most === r ? (g - b) / spread : most === g ? 2 + (b - r) / spread : 4 + (r - g) / spread
  return [(hue * 60 + 360) % 360, spread / most * 100]
}

/** @param {Colour} colour */
function pointOf(colour) {
  const [r, g, b] = light(colour)
  const [X, Y, Z] = [r * 0.664511 + g * 0.154324 + b * 0.162028, r * 0.283881 + g * 0.668433 + b * 0.047685, r * 0.000088 + g * 0.07231 + b * 0.986039]
  return [X / (X + Y + Z), Y / (X + Y + Z)].map((each) => Number(each.toFixed(4)))
}

/** @param {number} x @param {number} y @returns {Colour} */
function colourAt(x, y) {
  const [X, Z] = [x / y, (1 - x - y) / y]
  return colourOf([X * 1.656492 - 0.354851 - Z * 0.255038, -X * 0.707196 + 1.655397 + Z * 0.036152, X * 0.051713 - 0.121364 + Z * 1.01153])
}

/** @param {any} text `255,80,0`, `120,80,60` of HSBColor, `FF5000` @param {boolean} isHSB @returns {Colour | null} */
function colourFrom(text, isHSB) {
  const parts = /^[0-9a-f]{6,10}$/i.test(text) ? text.match(/../g).map((/** @type {string} */ each) => parseInt(each, 16)) : String(text ?? '').split(',').map(Number)
  if (parts.length < 3 || !parts.every(Number.isFinite)) return null
  return isHSB ? [parts[0], parts[1]] : colourOf(parts)
}

/**
 * How the colour of a device is read and asked for.
 * @param {import('./store.js').Property} property
 * @param {import('./store.js').Device} device
 * @returns {{ keys: string[], read: () => Colour | null, send: (colour: Colour, isHue: boolean) => void }}
 */
function formOf(property, device) {
  const { key } = property
  const sibling = (/** @type {string} */ name) => device.properties.find((each) => each.property === property.property.replace(/[^.]+$/, name))?.key ?? ''
  if (/\.hue$/.test(property.property)) {
    const other = sibling('saturation')
    const [hue, saturation] = [throttled(key), throttled(other)]
    return {
      keys: [key, other], read: () => shownValue(key) === null ? null : [shownValue(key), shownValue(other) ?? 100],
      send: (colour, isHue) => isHue ? hue(Math.round(colour[0])) : saturation(Math.round(colour[1])),
    }
  }
  if (property.property.endsWith('.x')) {
    const other = sibling('y')
    // One after the other: the hub completes each with what the device said last.
    const send = throttled(key, async (/** @type {number[]} */ [x, y]) => { if (await request(key, x)) await request(other, y) }, 400)
    return { keys: [key, other], read: () => shownValue(key) === null ? null : colourAt(shownValue(key), shownValue(other) || 0.33), send: (colour) => send(pointOf(colour)) }
  }
  const isHSB = /hsb/i.test(property.property)
  const send = throttled(key)
  const isHex = () => /^#?[0-9a-f]{6,10}$/i.test(shownValue(key) ?? '')
  return {
    keys: [key], read: () => colourFrom(shownValue(key), isHSB),
    send: (colour) => {
      const parts = light(colour).map((each) => Math.round(each * 255))
      send(isHSB ? [...colour.map(Math.round), String(shownValue(key) ?? '').split(',')[2] || '100'].join() : isHex() ? parts.map((each) => each.toString(16).padStart(2, '0')).join('').toUpperCase() : parts.join())
    },
  }
}

/**
 * @param {import('./store.js').Property} property
 * @param {import('./store.js').Device} device
 * @returns {import('./control.js').Widget}
 */
export function colour(property, device) {
  const form = formOf(property, device)
  const name = propertyName(property, device)
  /** @type {Colour} */
  let current = [0, 100]
  const called = (/** @type {number} */ hue) => t('colour.names').split(' ')[Math.round(hue / 30) % 12]
  const choose = (/** @type {number} */ index) => (/** @type {number} */ value) => {
    current = index ? [current[0], value] : [value, current[1] || 100]
    tint()
    form.send(current, !index)
  }
  const hue = slider({ label: `${name}: ${t('colour.hue')}`, min: 0, max: 360, step: 1, track: 'is-hue', text: called, send: choose(0) })
  const strength = slider({ label: `${name}: ${t('colour.strength')}`, min: 0, max: 100, step: 1, track: 'is-strength', text: (value) => withUnit(number(value, 0), '%'), send: choose(1) })
  const element = h('div', { class: 'colour' }, hue.element, strength.element)
  const tint = () => element.style.setProperty('--hue', String(Math.round(current[0])))
  return {
    element, isWide: true, keys: form.keys, show: () => {
      const read = form.read()
      if (read) current = read
      tint()
      hue.show(read && read[0])
      strength.show(read && read[1])
    },
  }
}
