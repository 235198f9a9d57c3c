// The house at a glance: what is open, on or wrong; favourites; rooms.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { beforeNextFrame } from '../base/events.js'
import { notifyError } from '../base/notice.js'
import { t } from '../base/words.js'
import { keys, listed } from '../keys/store.js'
import { devices, devicesChanged } from '../devices/store.js'
import { deviceName, keyName } from '../keys/names.js'
import { roomCard } from './card.js'
import { changeFavourites, favourites, favouritesChanged, loadFavourites, sortable } from './favourites.js'
import { loadRooms } from './rooms.js'
import { summary } from './summary.js'
import { viewLinks } from './views.js'

/**
 * Draws anew only if what is listed has changed.
 * @param {HTMLElement} element
 * @param {any} content what it shows, as JSON
 * @param {AbortSignal} signal of the view
 * @param {(signal: AbortSignal) => any} make
 */
function keep(element, content, signal, make) {
  const text = JSON.stringify(content)
  if (element.dataset.shown === text) return
  element.dataset.shown = text
  ends.get(element)?.abort()
  const end = new AbortController()
  ends.set(element, end)
  signal.addEventListener('abort', () => end.abort(), { once: true, signal: end.signal })
  replace(element, make(end.signal))
}

/** @type {WeakMap<Element, AbortController>} */
const ends = new WeakMap()

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, { signal, title }) {
  title(t('house.title'))
  const views = h('nav', { class: 'row views', 'aria-label': t('house.views') })
  const pinned = h('section', { 'aria-labelledby': 'pinned', hidden: true })
  const rooms = h('section', { 'aria-labelledby': 'rooms' })
  main.append(h('h1', { class: 'unseen' }, t('house.title')), summary(signal), views, pinned, rooms)
  let isArranging = false
  /** @type {typeof import('./device-card.js') | null} */
  let cards = null
  const drawPinned = async () => {
    // Controls and helpers are fetched where something is pinned.
    if (favourites.length && !cards) {
      const [made, { loadHelpers }] = await Promise.all([import('./device-card.js'), import('./helper.js')])
      if (favourites.some((each) => each.startsWith('key:'))) await loadHelpers().catch(() => false)
      cards = made
      if (signal.aborted) return
    }
    if (cards) drawCards(cards)
  }
  const drawCards = (/** @type {typeof import('./device-card.js')} */ made) => {
    const shown = favourites.filter((each) => each.startsWith('key:') ? keys.has(each.slice(4)) : devices.has(each.slice(7)))
    pinned.hidden = !shown.length
    keep(pinned, [shown, isArranging], signal, (end) => [
      h('div', { class: 'row is-apart' }, h('h2', { id: 'pinned' }, t('house.favourites')),
        shown.length > 1 && h('button', { class: 'plain bare', 'aria-pressed': isArranging ? 'true' : 'false', 'aria-label': t('star.order'), onclick: () => { isArranging = !isArranging; drawPinned(); pinned.querySelector('button')?.focus() } }, icon(isArranging ? 'ok' : 'edit'))),
      pinnedCards(made, shown, isArranging, end, (moved) => { pinned.dataset.shown = JSON.stringify([moved, true]) })])
  }
  const drawRooms = async () => {
    const all = await loadRooms()
    keep(rooms, [all, all.map((room) => room.devices.map((each) => devices.get(each)?.properties.length))], signal, (end) => [
      h('h2', { id: 'rooms' }, t('house.rooms')), all.length > 0 && h('div', { class: 'grid rooms' }, all.map((room) => roomCard(room, end))),
      !all.length && h('p', { class: 'empty' }, t('house.empty'), ' ', h('a', { href: '#/devices' }, t('house.empty.devices'))),
      h('p', { class: 'row house-links' }, h('a', { class: 'button plain', href: '#/helpers' }, icon('calendar'), t('house.helpers')),
        all.length > 0 && h('a', { class: 'button plain', href: '#/rooms/-?arrange=1' }, icon('edit'), t('house.arrange')), h('a', { class: 'button plain', href: '#/views/-' }, icon('star'), t('house.views')))])
  }
  const redraw = () => { drawPinned(); drawRooms().catch(() => {}) }
  const later = () => beforeNextFrame(redraw)
  favouritesChanged.listen(drawPinned, signal)
  devicesChanged.listen(later, signal)
  listed.listen(later, signal)
  drawPinned()
  viewLinks(views, signal)
  await Promise.all([loadFavourites().catch(notifyError), drawRooms()])
}

/** @param {typeof import('./device-card.js')} made @param {string[]} shown @param {boolean} isArranging @param {AbortSignal} signal @param {(shown: string[]) => void} moved tells of what stands there already */
function pinnedCards({ deviceCard, keyRow }, shown, isArranging, signal, moved) {
  const list = h('div', { class: `grid ${isArranging ? 'is-arranging' : ''}` })
  const grips = isArranging ? sortable(list, (from, to) => {
    shown.splice(to, 0, ...shown.splice(from, 1))
    moved(shown)
    // What is pinned and not there at the moment keeps its place behind the others.
    changeFavourites((items) => [...shown, ...items.filter((each) => !shown.includes(each))])
  }, signal) : null
  for (const each of shown) {
    const device = devices.get(each.slice(7))
    const card = device ? deviceCard(device, signal) : keyRow(each.slice(4), signal)
    if (grips) card.prepend(grips(device ? deviceName(device) : keyName(each.slice(4))))
    list.append(card)
  }
  return list
}
