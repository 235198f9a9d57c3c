// Cards: a device with its controls, a key with its value, a room with what one wants to know of it.

import { change, h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { capital } from '../base/format.js'
import { t } from '../base/words.js'
import { mayWrite } from '../hub/api.js'
import { askedOf, request, shownValue } from '../keys/asking.js'
import { keys, watch } from '../keys/store.js'
import { byKey, devices, devicesChanged } from '../devices/store.js'
import { arranged, control, isOffline, kindOf, readingText } from '../devices/control.js'
import { classOf, deviceIcon, deviceName, isRare, keyName, propertyIcon, propertyName, wordOf } from '../keys/names.js'
import { star } from './favourites.js'
import { helperControl, helpers } from './helper.js'
import { isPlaced, roomLink } from './rooms.js'

/**
 * @typedef {import('../devices/store.js').Device} Device
 * @typedef {import('../devices/store.js').Property} Property
 */

/** So many properties stand on a card; the others are behind "more". */
const most = 8

/**
 * Foreign text within a sentence, whichever way it is written.
 * @param {string} text
 */
export const apart = (text) => `\u2068${text}\u2069`

/**
 * @param {Device} device
 * @param {AbortSignal} signal
 */
export function deviceCard(device, signal) {
  const name = deviceName(device)
  const { main, more } = arranged(device)
  const rest = [...main.slice(most), ...more]
  const offline = h('span', { class: 'tag is-bad', hidden: true }, icon('offline'), t('value.offline'))
  const element = h('article', { class: 'card device', 'data-device': device.device },
    h('div', { class: 'card-head' }, icon(deviceIcon(device)),
      h('h3', null, h('a', { href: `#/devices/${encodeURIComponent(device.device)}`, title: name }, h('bdi', null, name))), offline, star(`device:${device.device}`, apart(name), signal)),
    main.slice(0, most).map((each) => control(each, device, signal, { isInCard: true })), rest.length > 0 && moreOf(rest, device, signal))
  const draw = () => {
    const isOut = isOffline(device)
    offline.hidden = !isOut
    element.classList.toggle('is-offline', isOut)
  }
  const online = device.properties.find((each) => each.property === 'online')
  if (online) watch(online.key, draw, signal)
  devicesChanged.listen(draw, signal)
  draw()
  return element
}

/** @param {Property[]} properties @param {Device} device @param {AbortSignal} signal */
function moreOf(properties, device, signal) {
  const element = h('details', { class: 'more', ontoggle: () => {
    if (element.children.length === 1) element.append(...properties.map((each) => control(each, device, signal)))
  } }, h('summary', { 'aria-label': t('room.more', { name: apart(deviceName(device)) }) }, t('nav.more')))
  return element
}

/**
 * The property that a key is; one of no device as if it were of one.
 * @param {string} name
 * @returns {[Property, Device]}
 */
export function keyAsProperty(name) {
  const known = byKey.get(name)
  if (known) return [known[1], known[0]]
  const key = keys.get(name)
  const label = keyName(name)
  const { values, min, max, step, unit = null, event = false } = key?.opts ?? {}
  const property = { property: name.split('.').slice(1).join('.') || name, key: name, type: key?.type ?? 'string', unit, writable: !!key?.writable, event, values, min, max, step, label }
  return [property, { device: '', name: label, manufacturer: null, model: null, source: '', present: true, online: true, sleeps: false, via: null, last_seen: null, properties: [property], unsupported: [] }]
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 * @param {boolean} [hasStar]
 */
export function keyRow(name, signal, hasStar = true) {
  const [property, device] = keyAsProperty(name)
  const helper = helpers.get(name)
  return h('div', { class: 'card key-row' }, helper ? helperControl(helper, signal) : control(property, device, signal, { name: keyName(name) }), hasStar && star(`key:${name}`, apart(keyName(name)), signal))
}

/**
 * A pill that switches one thing.
 * @param {Property} property
 * @param {Device} device
 * @param {string} name
 * @param {AbortSignal} signal
 */
export function quick(property, device, name, signal) {
  const said = h('span', { class: 'pill-state' })
  const element = h('button', { class: 'pill plain', role: 'switch', 'data-key': property.key, onclick: () => request(property.key, !shownValue(property.key)) },
    icon(propertyIcon(property, device)), h('bdi', null, name), said)
  const draw = () => {
    const value = shownValue(property.key)
    const wish = askedOf(property.key)
    const state = wish?.state ?? (isOffline(device) ? 'offline' : keys.get(property.key)?.stale ? 'stale' : '')
    change(element, { 'aria-checked': value === true ? 'true' : 'false', 'data-state': state })
    const text = state === 'pending' ? t('command.pending') : state === 'failed' ? t('command.failed.short') : state ? t(`value.${state}`) : value === null ? t('value.none') : t(`value.${value}`)
    setText(said, text)
    change(element, { 'aria-label': `${name}${state ? `, ${text}` : ''}` })
  }
  watch(property.key, draw, signal)
  const online = device.properties.find((each) => each.property === 'online')
  if (online) watch(online.key, draw, signal)
  devicesChanged.listen(draw, signal)
  return element
}

/** What of a room stands on its card, in this order. */
const told = ['temperature', 'humidity', 'co2', 'motion', 'door']

/** @param {Property} property */
function toldAs(property) {
  const kind = classOf(property)
  if (/^(motion|occupancy|presence)$/.test(kind)) return 'motion'
  if (/^(door|window|opening|contact|garage_door)$/.test(kind)) return 'door'
  const word = wordOf(property)
  return property.type === 'numeric' && !property.writable && !isRare(property) ? word === 'carbon_dioxide' ? 'co2' : word : ''
}

/** @param {Property} property whether a contact is open, somebody moves */
const isLively = (property) => keys.get(property.key)?.value === (classOf(property) !== 'contact')

/**
 * @param {import('./rooms.js').Room} room
 * @param {AbortSignal} signal
 */
export function roomCard(room, signal) {
  const found = room.devices.flatMap((each) => devices.get(each) ?? []).filter(isPlaced)
  const all = found.flatMap((device) => device.properties.filter((each) => each.key && each.present !== false).map((property) => ({ device, property })))
  const readings = told.map((kind) => all.filter(({ property }) => toldAs(property) === kind).map(({ property }) => property))
  const switches = all.filter(({ device, property }) => property.type === 'boolean' && !isRare(property) && mayWrite(property.key) && kindOf(property, device) === 'toggle')
  const list = h('p', { class: 'room-values number live' })
  const draw = () => {
    const shown = readings.flatMap((properties, index) => {
      const known = properties.filter((each) => keys.get(each.key)?.value != null)
      const property = index > 2 && known.find(isLively) || known[0]
      if (!property) return []
      const text = index < 3 ? readingText(property) : t(index === 3 ? `value.motion.${isLively(property)}` : `value.door.${isLively(property)}`)
      return [[propertyIcon(property), text, keys.get(property.key)?.stale ? t('value.stale') : '']]
    })
    const text = JSON.stringify(shown)
    if (list.dataset.shown === text) return
    list.dataset.shown = text
    replace(list, shown.map(([sign, value, stale]) => h('span', null, icon(sign), ' ', value, stale && h('small', null, ` ${stale}`))))
  }
  for (const properties of readings) for (const property of properties) watch(property.key, draw, signal)
  const short = (/** @type {Device} */ device, /** @type {Property} */ property) => {
    const name = propertyName(property, device)
    const begin = `${room.name} `
    return name.toLowerCase().startsWith(begin.toLowerCase()) ? capital(name.slice(begin.length)) : name
  }
  return h('article', { class: 'card room' },
    h('h3', null, h('a', { href: roomLink(room.room) }, icon(room.icon || 'room'), h('bdi', null, room.name), icon('right'))), readings.some((each) => each.length) && list,
    switches.length > 0 && h('div', { class: 'pills' }, switches.slice(0, 4).map(({ device, property }) => quick(property, device, short(device, property), signal))))
}
