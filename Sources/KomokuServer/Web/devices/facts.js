// What is known of a device, as people say it.

import { h } from '../base/dom.js'
import { ago } from '../base/format.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { isRare, propertyName as wordsFor } from '../keys/names.js'
import { keys } from '../keys/store.js'
import { isLacking } from '../system/parts.js'

export { deviceName as nameOf } from '../keys/names.js'

/**
 * @typedef {import('./store.js').Device} Device
 * @typedef {import('./store.js').Property} Property
 * @typedef {Map<string, { room: string, name: string }>} Rooms by the ids of devices
 */

/** @param {Property} property @param {Device} device @returns {string} */
export function propertyName(property, device) {
  if (property.property === 'online') return t('devices.online')
  return wordsFor(property, device)
}

/** @param {Property} property @returns {'config' | 'diagnostic' | 'main'} */
export function groupOf(property) {
  return property.category === 'config' ? 'config' : property.category || isRare(property) ? 'diagnostic' : 'main'
}

/** @param {Device} device */
export function makeOf(device) { return [device.manufacturer, device.model].filter(Boolean).join(' ') }

/** @param {Device} device */
export function stateOf(device) {
  if (!device.present) return 'gone'
  // Its key is told at once, the catalogue now and then.
  const key = device.properties.find((each) => each.property === 'online')?.key
  const isOnline = (key && keys.get(key)?.value) ?? device.online
  if (isOnline === false) return device.sleeps ? 'asleep' : 'offline'
  return isOnline ? 'online' : 'unknown'
}

/** @param {Device} device */
export function stateTag(device) {
  const state = stateOf(device)
  const marks = { offline: 'is-bad', gone: 'is-bad', online: 'is-good', asleep: '', unknown: '' }
  return h('span', { class: `tag ${marks[state]}` }, t(`devices.${state}`))
}

/** @param {Device} device */
export function seen(device) { return device.last_seen ? ago(device.last_seen) : '' }

/**
 * A battery's charge in per cent, or whether it is low where that is all it says.
 * @param {Device} device
 * @returns {{ level: number | null, isLow: boolean, key: string } | null}
 */
export function batteryOf(device) {
  let found = null
  for (const { property, key, unit, type, class: about } of device.properties) {
    if (about !== 'battery' && !/batter/i.test(property)) continue
    const value = keys.get(key)?.value
    if (unit === '%' && type === 'numeric') return typeof value === 'number' ? { level: value, isLow: value <= 15, key } : null
    if (type === 'boolean' && typeof value === 'boolean' && (about === 'battery' || /low/i.test(property))) found = { level: null,
      isLow: value, key }
  }
  return found
}

/**
 * In which room a device is, by its id.
 * @returns {Promise<Rooms>}
 */
export async function loadRooms() {
  /** @type {Rooms} */
  const rooms = new Map()
  try {
    const answer = await ask('rooms')
    for (const room of answer.rooms) for (const device of room.devices) rooms.set(device, room)
  } catch { /* A hub without rooms. */ }
  return rooms
}

/**
 * Whether the hub knows a command: without its members it is refused in another way than one that there is not.
 * @param {string} command
 * @returns {Promise<boolean>}
 */
export async function knows(command) {
  try { await ask(command) } catch (error) { return /** @type {any} */ (error).code !== 'unreachable' && !isLacking(error) }
  return true
}
