// Which control a property has, what it says, and whether its device is reached: what overviews need to know of controls.

import { moment } from '../base/format.js'
import { t } from '../base/words.js'
import { mayWrite } from '../hub/api.js'
import { isRare, keyText, wordOf } from '../keys/names.js'
import { keys } from '../keys/store.js'
import { devices } from './store.js'

/**
 * @typedef {import('./store.js').Device} Device
 * @typedef {import('./store.js').Property} Property
 * @typedef {'toggle' | 'lock' | 'cover' | 'choice' | 'colour' | 'warmth' | 'slider' | 'number' | 'button' | 'text' | 'reading' | 'none'} Kind
 */

const covers = /^(garage|garage_door|cover|shutter|blind|curtain|gate|awning|damper|shade|door|window)$/
const pressed = /restart|reset|reboot|identify|press|button|ring|refresh|trigger|update|calibrate|start|skip|test|find/i

/**
 * Which control a property has; `none` is part of another one's.
 * @param {Property} property
 * @param {Device} device
 * @returns {Kind}
 */
export function kindOf(property, device) {
  const word = wordOf(property)
  const { control = '' } = property
  const hasOther = (/** @type {string} */ name) => device.properties.some((each) => each.writable && each.property === property.property.replace(/[^.]+$/, name))
  if (!property.writable || property.event || !mayWrite(property.key)) return 'reading'
  if (property.type === 'boolean') return property.class === 'lock' || control === 'lock' || word === 'state' && device.properties.some((each) => each.property === 'lock_state') ? 'lock' : 'toggle'
  if (/\.hue$/.test(property.property)) return 'colour'
  if (/\.saturation$/.test(property.property)) return hasOther('hue') ? 'none' : 'slider'
  if (/color\.[xy]$/.test(property.property)) return hasOther('hue') || property.property.endsWith('y') ? 'none' : 'colour'
  if (property.type === 'numeric') {
    if (control === 'setpoint') return 'number'
    if (property.unit === 'mired' && !/startup/.test(word)) return 'warmth'
    const isRange = property.unit === '%' || property.max !== undefined && property.min !== undefined && property.max > property.min
    return isRange && !/°/.test(property.unit ?? '') && !/setpoint|calibration/.test(word) && !isRare(property) ? 'slider' : 'number'
  }
  if (property.type !== 'string') return 'number'
  const values = property.values?.map(String) ?? []
  if (values.some((each) => /^open$/i.test(each)) && values.some((each) => /^close$/i.test(each)) || !values.length && (control === 'cover' || covers.test(property.class ?? ''))) return 'cover'
  if (values.length) return 'choice'
  if (control === 'button' || control === 'text') return control
  if (/colou?r|rgb/.test(word)) return /^color$/i.test(property.property) && hasOther('HSBColor') ? 'none' : 'colour'
  return keys.get(property.key)?.value == null && pressed.test(`${property.property} ${property.label ?? ''}`) ? 'button' : 'text'
}

/**
 * What a property says now: `21.4 °C`, `open`, `single, 14:03`.
 * @param {Property} property
 */
export function readingText(property) {
  const key = keys.get(property.key)
  const value = key?.value ?? null
  if (value === null) return t('value.none')
  const text = keyText(property.key, value)
  return property.event && key?.time ? `${text}, ${moment(key.time)}` : text
}

/**
 * Whether a device is known to be out of reach, which is not the same as off.
 * @param {Device} device
 */
export function isOffline(device) {
  const newest = devices.get(device.device) ?? device
  const online = newest.properties.find((each) => each.property === 'online')
  if (newest.sleeps) return !newest.present
  return !newest.present || (online ? keys.get(online.key)?.value === false : newest.online === false)
}

const order = ['lock', 'toggle', 'cover', 'number', 'slider', 'warmth', 'colour', 'choice', 'button', 'text', 'reading']

/**
 * The properties of a device as they stand below one another, and those behind "more".
 * @param {Device} device
 * @returns {{ main: Property[], more: Property[] }}
 */
export function arranged(device) {
  const rank = (/** @type {Property} */ each) => order.indexOf(kindOf(each, device))
  const shown = device.properties.filter((each) => each.key && each.present !== false && kindOf(each, device) !== 'none')
  shown.sort((a, b) => rank(a) - rank(b))
  return { main: shown.filter((each) => !isRare(each)), more: shown.filter(isRare) }
}
