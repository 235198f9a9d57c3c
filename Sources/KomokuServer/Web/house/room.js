// A room: its devices with their controls, and values that belong to no device.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { atEnd, beforeNextFrame } from '../base/events.js'
import { t } from '../base/words.js'
import { notifyError } from '../base/notice.js'
import { devices, devicesChanged } from '../devices/store.js'
import { deviceName } from '../keys/names.js'
import { listed } from '../keys/store.js'
import { deviceCard, keyRow } from './device-card.js'
import { loadFavourites } from './favourites.js'
import { loadHelpers } from './helper.js'
import { isPlaced, loadRooms, mayArrange, roomLink } from './rooms.js'

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  const { params, query, signal } = place
  if (query.has('arrange')) return (await import('./arrange.js')).show(main, place)
  const [rooms] = await Promise.all([loadRooms(), loadFavourites().catch(notifyError), loadHelpers()])
  const index = rooms.findIndex((each) => each.room === params.room)
  if (index < 0) {
    place.title(t('house.rooms'))
    main.append(h('h1', null, t('house.rooms')), h('p', { class: 'empty' }, t('room.none'), ' ', h('a', { href: '#/' }, t('page.home'))))
    return
  }
  const room = rooms[index]
  place.title(room.name)
  const cards = h('div', { class: 'grid' })
  const values = h('div', { class: 'grid' })
  const valuesTitle = h('h2', null, t('room.values'))
  const empty = h('p', { class: 'empty' }, t('room.empty'))
  main.append(h('div', { class: 'row is-apart room-head' }, h('h1', null, icon(room.icon || 'room'), ' ', h('bdi', null, room.name)), neighbours(rooms, index),
    mayArrange() && h('a', { class: 'button plain', href: `${roomLink(room.room)}?arrange=1`, 'aria-label': t('room.edit') }, icon('edit'), h('span', null, t('room.edit')))),
  h('h2', { class: 'unseen' }, t('room.devices')), cards, valuesTitle, values, empty)
  const draw = () => {
    const found = room.devices.flatMap((each) => devices.get(each) ?? []).filter(isPlaced).sort((a, b) => deviceName(a).localeCompare(deviceName(b)))
    keepCards(cards, found.map((device) => [`${device.device} ${device.name} ${device.properties.length}`, (end) => deviceCard(device, end)]), signal)
    keepCards(values, room.keys.map((key) => [key, (end) => keyRow(key, end)]), signal)
    valuesTitle.hidden = !room.keys.length
    empty.hidden = !!(found.length || room.keys.length)
  }
  const again = async () => {
    const fresh = (await loadRooms().catch(() => [])).find((each) => each.room === room.room)
    if (!fresh || signal.aborted) return
    Object.assign(room, fresh)
    draw()
  }
  const later = () => beforeNextFrame(again)
  devicesChanged.listen(later, signal)
  listed.listen(later, signal)
  draw()
}

/** @param {import('./rooms.js').Room[]} rooms @param {number} index */
function neighbours(rooms, index) {
  const one = (/** @type {number} */ at, /** @type {string} */ sign) => {
    const room = rooms[(at + rooms.length) % rooms.length]
    return h('a', { class: 'button plain neighbour', href: roomLink(room.room), 'aria-label': room.name, title: room.name }, icon(sign))
  }
  return rooms.length > 1 && h('nav', { class: 'row neighbours', 'aria-label': t('house.rooms') }, one(index - 1, 'left'), one(index + 1, 'right'))
}

/** @type {WeakMap<Element, Map<string, { card: HTMLElement, end: AbortController }>>} */
const kept = new WeakMap()

/**
 * Has an element hold these cards, in this order; what is there already stays as it is.
 * @param {HTMLElement} element
 * @param {[string, (signal: AbortSignal) => HTMLElement][]} wanted by what makes them another
 * @param {AbortSignal} signal
 */
export function keepCards(element, wanted, signal) {
  const before = kept.get(element) ?? new Map()
  const after = new Map()
  for (const [id, make] of wanted) {
    let one = before.get(id)
    before.delete(id)
    if (!one) {
      const end = new AbortController()
      atEnd(end.signal, atEnd(signal, () => end.abort()))
      one = { card: make(end.signal), end }
    }
    after.set(id, one)
  }
  for (const { card, end } of before.values()) { end.abort(); card.remove() }
  const cards = [...after.values()].map(({ card }) => card)
  if (cards.some((card, index) => element.children[index] !== card)) replace(element, cards)
  kept.set(element, after)
}
