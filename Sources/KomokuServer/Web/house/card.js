// A room as a card, with what one wants to know of it, and pills that switch one thing.

import { change, h, replace, setText } from '../base/dom.js'
import { beforeNextFrame } from '../base/events.js'
import { icon } from '../base/icons.js'
import { capital } from '../base/format.js'
import { t } from '../base/words.js'
import { mayWrite } from '../hub/api.js'
import { askedOf, request, shownValue } from '../keys/asking.js'
import { keys, watch } from '../keys/store.js'
import { devices, devicesChanged } from '../devices/store.js'
import { isOffline, kindOf, readingText } from '../devices/control-kind.js'
import { classOf, deviceIcon, deviceName, isRare, keyName, propertyIcon, propertyName, wordOf } from '../keys/names.js'
import { isPlaced, roomLink } from './rooms.js'

/**
 * @typedef {import('../devices/store.js').Device} Device
 * @typedef {import('../devices/store.js').Property} Property
 */

/**
 * Foreign text within a sentence, whichever way it is written.
 * @param {string} text
 */
export const apart = (text) => `\u2068${text}\u2069`

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
  // Once for all of them: a large room has hundreds.
  const later = () => beforeNextFrame(draw)
  for (const properties of readings) for (const property of properties) watch(property.key, later, signal)
  draw()
  const short = (/** @type {Device} */ device, /** @type {Property} */ property) => {
    const name = propertyName(property, device)
    const begin = `${room.name} `
    return name.toLowerCase().startsWith(begin.toLowerCase()) ? capital(name.slice(begin.length)) : name
  }
  return h('article', { class: 'card room' },
    h('h3', null, h('a', { href: roomLink(room.room) }, icon(room.icon || 'room'), h('bdi', null, room.name), icon('right'))), readings.some((each) => each.length) && list,
    switches.length > 0 && h('div', { class: 'pills' }, switches.slice(0, 4).map(({ device, property }) => quick(property, device, short(device, property), signal))))
}
