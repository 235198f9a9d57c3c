// Which rooms the house has, and what is in them: as the hub says, or guessed from names where it does not.

import { ask } from '../hub/connection.js'
import { fits, session } from '../hub/api.js'
import { keys } from '../keys/store.js'
import { devices } from '../devices/store.js'
import { capital } from '../base/format.js'
import { t } from '../base/words.js'

/**
 * @typedef {object} Room
 * @property {string} room its id
 * @property {string} name
 * @property {string} icon
 * @property {number} order
 * @property {string[]} devices ids
 * @property {string[]} keys of no device
 * @property {string[]} [patterns] of them, as the hub says
 * @property {string} [source] `configuration`, `guessed`, `page`
 */

/** Rooms that are known by their word, however little is in them. */
const known = /^(kitchen|kueche|küche|bath(room)?|bad|bedroom|schlafzimmer|living(_room)?|wohnzimmer|hall(way)?|flur|office|büro|buero|cellar|keller|basement|attic|dachboden|garage|garden|garten|porch|balcony|balkon|terrace|terrasse|nursery|kinderzimmer|dining(_room)?|esszimmer|laundry|stairs|treppe|guest|toilet|wc|studio|workshop)$/
/**
 * Pictures of rooms where the hub has none: it names them when it keeps rooms.
 * @type {[RegExp, string][]}
 */
const signs = [
  [/garden|garten|balcon|balkon|terra/, 'tree'], [/hall|flur|porch/, 'door'], [/bath|bad|toilet|wc/, 'bath'], [/bed|schlaf|guest/, 'bed'], [/kitchen|k[uü]e?che/, 'pot'], [/living|wohn/, 'sofa'],
  [/office|b[uü]e?ro|studio/, 'desk'], [/garage/, 'car'], [/stairs|treppe/, 'stairs'], [/attic|dach/, 'roof'],
]

/** @param {string} name what a device is called, or a key */
export function guessRoom(name) {
  const [first = '', second = ''] = name.toLowerCase().split(/[\s_/.-]+/)
  return /^(room|zimmer)$/.test(second) ? `${first}_${second}` : first
}

/**
 * Not what was removed, nor what stands between devices and the hub.
 * @param {import('../devices/store.js').Device | undefined} device
 */
export const isPlaced = (device) => !!device?.present && device.model !== 'bridge'

/** @returns {Room[]} */
function guessRooms() {
  /** @type {Map<string, Room>} */
  const rooms = new Map()
  const at = (/** @type {string} */ id) => {
    const room = rooms.get(id) ?? { room: id, name: capital(id.replaceAll('_', ' ')), icon: signs.find(([pattern]) => pattern.test(id))?.[1] ?? 'room', order: 0, devices: [], keys: [], source: 'guessed' }
    rooms.set(id, room)
    return room
  }
  for (const device of devices.values()) if (isPlaced(device)) at(guessRoom(device.name)).devices.push(device.device)
  for (const key of keys.values()) if (!key.device) at(guessRoom(key.name)).keys.push(key.name)
  /** @type {Room} */
  const other = { room: '-', name: t('room.other'), icon: 'more', order: 1000, devices: [], keys: [], source: 'guessed' }
  for (const room of [...rooms.values()]) {
    if (room.devices.length > 1 || known.test(room.room)) continue
    other.devices.push(...room.devices)
    other.keys.push(...room.keys)
    rooms.delete(room.room)
  }
  if (other.devices.length || other.keys.length) rooms.set('-', other)
  return [...rooms.values()].sort((a, b) => a.order - b.order || a.name.localeCompare(b.name))
}

/** Whether the rooms can be changed: this hub keeps them. */
export let areKept = false

/**
 * In their order. What is in no room is in the last one.
 * @returns {Promise<Room[]>}
 */
export async function loadRooms() {
  let rooms
  try {
    rooms = (await ask('rooms')).rooms
    areKept = true
  } catch (error) {
    if (error.code === 'unreachable') throw error
    areKept = false
    return guessRooms()
  }
  rooms.sort((/** @type {Room} */ a, /** @type {Room} */ b) => (a.order ?? 0) - (b.order ?? 0) || a.name.localeCompare(b.name))
  for (const room of rooms) [room.patterns, room.keys] = [room.keys, keysOf(room.keys)]
  const placed = new Set(rooms.flatMap((/** @type {Room} */ each) => each.devices))
  const left = [...devices.keys()].filter((each) => !placed.has(each) && isPlaced(devices.get(each)))
  // What is guessed from devices that are gone is no room to look into.
  rooms = rooms.filter((/** @type {Room} */ each) => each.source !== 'guessed' || each.keys.length || each.devices.some((id) => isPlaced(devices.get(id))))
  if (left.length) rooms.push({ room: '-', name: t('room.other'), icon: 'more', order: 1000, devices: left, keys: [] })
  return rooms
}

/**
 * The keys of no device that patterns stand for.
 * @param {string[]} patterns
 */
function keysOf(patterns) {
  const found = []
  for (const pattern of patterns) {
    const begin = pattern.endsWith('.**') && !pattern.slice(0, -3).includes('*') ? pattern.slice(0, -2) : ''
    for (const key of keys.values()) if (!key.device && (begin ? key.name.startsWith(begin) : fits(key.name, pattern))) found.push(key.name)
  }
  return [...new Set(found)]
}

/** Whether who looks at the page may change rooms. */
export const mayArrange = () => areKept && !!(session?.admin || session?.write.includes('**') && session.read.includes('**'))

/** @param {string} room */
export const roomLink = (room) => `#/rooms/${encodeURIComponent(room)}`
