// What people call devices, their properties and keys, and how values read: `state_left` of `dining_switch` is "Left", `AM2301.DewPoint` is
// "Dew point", a `contact` that is false is "open". Its words are words/en-names.js.

import { has, t } from '../base/words.js'
import { capital, moment, valueText, words } from '../base/format.js'
import { byKey } from '../devices/store.js'
import { helperOf } from './made.js'
import { keys } from './store.js'

/**
 * @typedef {import('../devices/store.js').Device} Device
 * @typedef {import('../devices/store.js').Property} Property
 */

/**
 * Words that are one thing under many names.
 * @type {Record<string, string>}
 */
const sameAs = {
  local_temperature: 'temperature', current_temperature: 'temperature', t_c: 'temperature', temp_c: 'temperature', tempc: 'temperature', temp: 'temperature',
  temperature_c: 'temperature', rh: 'humidity', hum: 'humidity', apower: 'power', active_power: 'power', act_power: 'power', rmsvoltage: 'voltage',
  water_leak: 'moisture', leak: 'moisture', window_open: 'window', open: 'opening', battery_low: 'low_battery', low: 'low_battery', lux: 'illuminance',
  current_pos: 'position', pos: 'position', dimmer: 'brightness', ct: 'color_temp', current_heating_setpoint: 'setpoint', battery_percentage: 'battery', batt: 'battery', volt: 'voltage',
  occupied_heating_setpoint: 'setpoint', hsbcolor: 'color', rgb: 'color', hsb_color: 'color', link_quality: 'linkquality', smoke_alarm: 'smoke', percent: 'battery',
}
/** What says nothing beside the name of what it belongs to. */
const plain = /^(state|power|output|relay|light|value|switch|status|roller|cover|lock|fan|gate|command|\d*)$/
const isTechnical = /batter|linkquality|rssi|signal|uptime|ip_?address|^ip$|\bupdate\.|startup|power_on_behavior|outage|indicator|calibration|backlight|operation_mode|lockout|child_lock|device_temperature|color_mode|_detection|firmware|version|^voltage$|wifi|channel\.|factor|apparent|reactive|period|\.freq$|\bpf$|restart|^reset|disc$|boot|hostname|\bdata$|^raw|mac$|^board|^platform|cmd$|tempf$|topic|stop_reason|direction|target$/i

/**
 * `DewPoint` is `dew_point`.
 * @param {string} text
 */
const snake = (text) => text.replace(/([a-z])([A-Z])/g, '$1_$2').replace(/[\s:-]+/g, '_').toLowerCase()

/**
 * The last part of a property's name, and which of several it is: `['state', 'left']`.
 * @param {Pick<Property, 'property'>} property
 */
function partsOf(property) {
  const known = parted.get(property)
  if (known) return known
  const parts = property.property.split('.')
  // Some name their properties after their address.
  let last = (parts.pop() ?? '').replace(/^[0-9A-F]{8,12}-?(?=\w)/, '')
  let side = ''
  if (/^\d+$/.test(last) && parts.length) { side = last; last = parts.pop() ?? '' }
  const sided = /^(.+?)_?(left|right|center|top|bottom|l\d+|\d+)$/i.exec(last)
  if (sided && !has(`prop.${snake(last)}`) && /^[a-z_]+$/i.test(sided[1])) [, last, side] = sided
  const word = snake(last)
  const found = { word: sameAs[word] ?? word, side: side.replace(/^l(?=\d)/i, ''), group: parts.join(' ') }
  parted.set(property, found)
  return found
}

/** @type {WeakMap<object, { word: string, side: string, group: string }>} */
const parted = new WeakMap()

/**
 * `temperature` of `climate.current_temperature`.
 * @param {Pick<Property, 'property'>} property
 */
export const wordOf = (property) => partsOf(property).word

/**
 * What a value is about: the class that its source gave, else what its name says. It picks words ("open") and icons.
 * @param {Pick<Property, 'property' | 'class'>} property
 */
export function classOf(property) {
  if (property.class && property.class !== 'opening' || !property.property) return property.class ?? ''
  const word = wordOf(property)
  if (word === 'occupancy' && !property.class) return 'motion'
  if (/motion|presence|contact|moisture|smoke|gas|carbon_monoxide|tamper|vibration|window|door/.test(word) && has(`value.${word}.true`)) return word
  return property.class ?? (word === 'low_battery' ? 'battery' : '')
}

/**
 * What a person looks at once a year.
 * @param {Property} property
 */
export const isRare = (property) => !!property.category || property.property === 'online' || isTechnical.test(property.property) || property.unit === 'mV'

/**
 * What was made tidy before: of thousands of keys the words are the same few.
 * @type {Map<string, string>}
 */
const tidied = new Map()

/** @param {string} text */
function tidy(text) {
  let known = tidied.get(text)
  if (known === undefined) {
    if (tidied.size > 50_000) tidied.clear()
    tidied.set(text, known = tidyAnew(text))
  }
  return known
}

/** @param {string} text */
const tidyAnew = (text) => capital(words(text.replace(/[/]+/g, ' ').replace(/^([a-z0-9]+([ _-][a-z0-9]+)+)$/, (all) => all.replace(/[_-]/g, ' '))))

/** @param {{ device?: string, name: string, model?: string | null, manufacturer?: string | null }} device */
export function deviceName(device) {
  const name = device.name.replace(/(?<=\w)[-_ ](?=[0-9a-f]*\d)[0-9a-f]{6,12}$/i, '')
  if (!/^(0x)?[0-9a-f:]{10,}$/i.test(name) && name) return tidy(name)
  return device.model ? `${device.manufacturer ?? ''} ${device.model}`.trim() : t('device.unnamed')
}

/**
 * @param {Property} property
 * @param {Device} device
 * @returns {string} the device's own name for what it is all about: a lamp's `state`
 */
export function propertyName(property, device) {
  const { word, side, group } = partsOf(property)
  const label = property.label && !/^(state|mode)$/i.test(property.label) ? property.label : ''
  const isShared = label && device.properties.filter((each) => each.label === property.label).length > 1
  const which = /^\d+$/.test(side) ? side : has(`side.${side}`) ? t(`side.${side}`) : capital(side)
  const isPlain = plain.test(word) && (property.writable || /^(state|value|status|\d*)$/.test(word))
  if (isPlain) {
    if (label) return tidy(label)
    if (which && !(/^\d+$/.test(which) && device.properties.filter((each) => each.writable && plain.test(wordOf(each))).length === 1)) return /^\d+$/.test(which) ? `${deviceName(device)} ${which}` : which
    const names = device.properties.filter((each) => plain.test(wordOf(each)) && each.writable)
    return names.length > 1 && group && !/^(relay|light|switch|roller|cover|\d|[_:])+$/.test(snake(group)) ? tidy(snake(group)) : deviceName(device)
  }
  const known = word === 'action' && !property.event ? 'running_state' : word
  const name = has(`prop.${known}`) ? t(`prop.${known}`) : tidy(label && !isShared ? label : word)
  if (isShared && label && !device.name.startsWith(label)) return `${label}: ${name}`
  return which ? `${name} ${which}` : name
}

/** @type {[RegExp, string][]} */
const icons = [
  [/lock/, 'lock'], [/door|contact|opening|garage/, 'door'], [/window/, 'window'], [/motion|occupancy|presence|pir/, 'motion'], [/moisture|rain/, 'drop'],
  [/smoke|flame|gas|monoxide/, 'flame'], [/temperature|dew/, 'thermometer'], [/humidity/, 'humidity'], [/battery/, 'battery'],
  [/position|cover|shutter|roller|blind|curtain|tilt/, 'cover'], [/setpoint|target/, 'dial'], [/climate|mode|preset|heating/, 'climate'], [/fan/, 'fan'], [/action|button|event/, 'button'],
  [/power|energy|current|voltage/, 'energy'], [/lamp|light|bulb|strip|brightness|colou?r|leuchte|licht|lampe/, 'lamp'],
]

/** @param {Property} property @param {Device} [device] */
export function propertyIcon(property, device) {
  const word = wordOf(property)
  if (plain.test(word) && property.writable) return deviceIcon(device ?? null, property)
  const text = `${classOf(property)} ${word}`
  return icons.find(([pattern]) => pattern.test(text))?.[1] ?? 'other'
}

/** @param {Device | null} device @param {Property} [property] */
export function deviceIcon(device, property) {
  if (!device) return 'switch'
  const near = property ? device.properties.filter((each) => partsOf(each).group === partsOf(property).group || each.property.startsWith(`${property.property}.`)) : device.properties
  const names = near.map((each) => `${wordOf(each)} ${each.class ?? ''}`)
  const has = (/** @type {RegExp} */ pattern) => names.some((each) => pattern.test(each))
  const kind = property?.control ?? property?.class
  if (kind === 'fan' || kind === 'light') return kind === 'fan' ? 'fan' : 'lamp'
  if (has(/lock_state/) || property?.class === 'lock') return 'lock'
  if (has(/position|garage/) && !has(/setpoint|heating/)) return 'cover'
  if (property?.type !== 'boolean' && has(/setpoint|local_temperature|system_mode/)) return 'climate'
  if (has(/brightness|color/) || near.some((each) => each.class === 'light') || /lamp|light|bulb|licht|lampe/i.test(device.name)) return 'lamp'
  if (property?.type === 'boolean' && property.writable) return 'switch'
  for (const name of names) for (const [pattern, icon] of icons.slice(0, 8)) if (pattern.test(name) && !/battery|device_temp|child_lock|lockout/.test(name)) return icon
  return has(/action/) ? 'button' : device.properties.some((each) => each.writable && each.type === 'boolean') ? 'switch' : 'devices'
}

/**
 * As it stands in a sentence; `capital` makes it one that stands alone.
 * @param {string} value a word of a device: `fan_only`
 */
export function wordFor(value) {
  const name = `word.${snake(value)}`
  return has(name) ? t(name) : words(/^[A-Z_]{2,}$/.test(value) ? value.toLowerCase() : value)
}

/**
 * What a key is called: a device's "Hall lamp: Brightness", "Hall lamp" for what it is all about, `garden.wind` "Garden wind".
 * @param {string} name
 * @returns {string}
 */
export function keyName(name) {
  const label = keys.get(name)?.opts.label
  if (label) return label
  const helper = helperOf(name)
  if (helper?.label) return helper.key === name ? helper.label : t('helper.ends', { name: helper.label })
  const [device, property] = byKey.get(name) ?? []
  if (!device || !property) return capital(name.replace(/[._]+/g, ' '))
  const [whole, own] = [deviceName(device), propertyName(property, device)]
  return whole === own ? whole : `${whole}: ${own}`
}

/**
 * What `valueText` needs to know of a key.
 * @param {string} name
 */
export function keyForm(name) {
  const key = keys.get(name)
  const property = byKey.get(name)?.[1]
  return { type: key?.type, unit: key?.opts.unit ?? property?.unit, precision: key?.opts.precision, class: classOf(property ?? { property: name }) }
}

/**
 * How a value of a key reads: `21.4 °C`, `open`, `pressed twice`.
 * @param {string} name
 * @param {any} value
 */
export function keyText(name, value) {
  if (value === '') return t('value.empty')
  if (typeof value === 'number' && name.endsWith('.ends') && helperOf(name)) return moment(value)
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT\d\d:/.test(value) && Date.parse(value) ? moment(Date.parse(value) / 1000) : wordFor(value.slice(0, 120))
  const form = keyForm(name)
  if (typeof value === 'number' && form.precision === undefined && /^(°[CF]|%|W|hPa|lx)$/.test(form.unit ?? '')) {
    // What sensors say beyond that is noise.
    form.precision = Math.abs(value) >= 100 || form.unit === 'lx' || form.unit === '%' && Number.isInteger(value) ? 0 : 1
  }
  return valueText(typeof value === 'object' && value ? JSON.stringify(value) : value, form)
}

/** @param {string} name */
export const keyAddress = (name) => `#/keys/${encodeURIComponent(name)}`
