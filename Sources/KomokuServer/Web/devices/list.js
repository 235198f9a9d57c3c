// All devices: found by words, by what is wrong with them, by room and family; batteries with the lowest first.

import { h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { beforeNextFrame } from '../base/events.js'
import { t } from '../base/words.js'
import { keepInAddress } from '../base/router.js'
import { byKey, devices, devicesChanged } from './store.js'
import { changes } from '../keys/store.js'
import { batteryOf, loadRooms, makeOf, nameOf, seen, stateOf, stateTag } from './facts.js'
import { drawPairing } from './pairing.js'
import { foreign } from '../system/parts.js'

/** @typedef {import('./store.js').Device} Device */

/** @type {Record<string, (device: Device) => boolean>} */
const filters = {
  all: () => true,
  offline: (device) => stateOf(device) === 'offline' || stateOf(device) === 'gone',
  batteries: (device) => batteryOf(device) !== null,
  unsupported: (device) => device.unsupported.length > 0,
}
/** So many are drawn at once; more when asked for. */
const page = 150

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  place.title(t('nav.devices'))
  main.classList.add('narrow')
  const wish = { show: place.query.get('show') ?? 'all', q: place.query.get('q') ?? '', room: place.query.get('room') ?? '',
    source: place.query.get('source') ?? '' }
  if (!(wish.show in filters)) wish.show = 'all'
  const rooms = await loadRooms()
  const list = h('ul', { class: 'bare lines devices' })
  const count = h('p', { class: 'quiet', role: 'status' })
  let limit = page
  const draw = () => {
    const found = find(wish, rooms)
    setText(count, devices.size ? t('devices.count', { count: found.length }) : '')
    const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null
    replace(list, found.slice(0, limit).map((device) => drawLine(device, rooms, wish.show)),
      found.length > limit && h('li', null, h('button', { class: 'plain', onclick: () => { limit += page; draw() } }, t('action.more'))),
      !found.length && h('li', { class: 'empty' },
        t(!devices.size ? 'devices.none' : wish.show === 'offline' && !wish.q && !wish.room && !wish.source ? 'devices.none_offline'
        : 'devices.none_such')))
    if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[href="${CSS.escape(focused)}"]`))?.focus({ preventScroll: true })
  }
  const wished = () => {
    keepInAddress(Object.fromEntries(Object.entries(wish).map(([name, value]) => [name, value && value !== 'all' ? value : null])))
    limit = page
    draw()
  }
  main.append(h('div', { class: 'row is-apart head' }, h('h1', null, t('nav.devices')), drawPairing(place.signal)),
    drawFilters(wish, rooms, wished), count, list)
  draw()
  devicesChanged.listen(draw, place.signal)
  // Of values those of batteries are in the list, and which devices are reached.
  changes.listen(({ key }) => {
    const property = byKey.get(key)?.[1].property ?? ''
    if (property === 'online' || (wish.show === 'batteries' && /batter/i.test(property))) beforeNextFrame(draw)
  }, place.signal)
}

/** @param {Record<string, string>} wish @param {import('./facts.js').Rooms} rooms */
function find(wish, rooms) {
  const words = wish.q.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const found = [...devices.values()].filter((device) => {
    const { text } = described(device, rooms)
    return filters[wish.show](device) && words.every((word) => text.includes(word))
      && (!wish.room || rooms.get(device.device)?.name === wish.room) && (!wish.source || device.source === wish.source)
  })
  const charge = (/** @type {Device} */ device) => batteryOf(device)?.level ?? (batteryOf(device)?.isLow ? 0 : 101)
  return found.sort((a, b) => (wish.show === 'batteries' ? charge(a) - charge(b) : 0) || described(a, rooms).name.localeCompare(described(b, rooms).name))
}

/**
 * By the rooms of a view: thousands of names are not made anew for each letter that is typed.
 * @type {WeakMap<import('./facts.js').Rooms, WeakMap<Device, { name: string, text: string }>>}
 */
const descriptions = new WeakMap()

/**
 * What a device is called, and what it is found by.
 * @param {Device} device
 * @param {import('./facts.js').Rooms} rooms
 */
function described(device, rooms) {
  const all = descriptions.get(rooms) ?? new WeakMap()
  descriptions.set(rooms, all)
  const known = all.get(device)
  if (known) return known
  const name = nameOf(device)
  const text = `${name} ${device.name} ${makeOf(device)} ${rooms.get(device.device)?.name ?? ''} ${device.source}`.toLocaleLowerCase()
  all.set(device, { name, text })
  return { name, text }
}

/** @param {Record<string, string>} wish @param {import('./facts.js').Rooms} rooms @param {() => void} wished */
function drawFilters(wish, rooms, wished) {
  const buttons = Object.keys(filters).map((name) => h('button',
    { type: 'button', 'aria-pressed': String(wish.show === name), onclick: () => {
    wish.show = name
    for (const [index, each] of Object.keys(filters).entries()) buttons[index].setAttribute('aria-pressed', String(each === name))
    wished()
  } }, t(`devices.show_${name}`)))
  const select = (/** @type {string} */ name, /** @type {string[]} */ values) => values.length > 1 || wish[name] ? h('select',
    { 'aria-label': t(`devices.${name}`), onchange: (/** @type {any} */ event) => { wish[name] = event.target.value; wished() } },
    h('option', { value: '' }, t(`devices.any_${name}`)),
      values.map((value) => h('option', { value, selected: wish[name] === value }, value))) : null
  const sources = [...new Set([...devices.values()].map((device) => device.source))].sort()
  return h('div', { class: 'row filters', role: 'search' },
    h('input', { type: 'search', value: wish.q, placeholder: t('devices.find'), 'aria-label': t('devices.find'),
      oninput: (/** @type {any} */ event) => { wish.q = event.target.value; wished() } }),
    h('div', { class: 'choice', role: 'group', 'aria-label': t('devices.filter') }, buttons),
      select('room', [...new Set([...rooms.values()].map((room) => room.name))].sort()), select('source', sources))
}

/** @param {Device} device @param {import('./facts.js').Rooms} rooms @param {string} shown */
function drawLine(device, rooms, shown) {
  const battery = batteryOf(device)
  return h('li', null, h('a', { class: 'device', href: `#/devices/${encodeURIComponent(device.device)}` },
    h('span', { class: 'what' }, h('b', null, foreign(nameOf(device))),
      h('span', { class: 'quiet small' }, [foreign(makeOf(device)),
      rooms.get(device.device)?.name].filter(Boolean).map((each, index) => [index ? ' · ' : '', each]))),
    battery && h('span', { class: `battery number ${battery.isLow ? 'is-low' : ''}` },
      shown === 'batteries' && battery.level !== null && gauge(battery.level), icon('battery', t('devices.battery')),
      battery.level === null ? t(battery.isLow ? 'devices.low' : 'devices.charged') : `${Math.round(battery.level)}\u202f%`),
    device.unsupported.length > 0 && h('span', { class: 'tag is-on' },
      t('devices.parts_unsupported', { count: device.unsupported.length })),
    h('span', { class: 'state' }, stateTag(device), h('span', { class: 'quiet small number' }, seen(device)))))
}

/** @param {number} level */
function gauge(level) {
  const filled = h('span', null)
  filled.style.width = `${Math.min(100, Math.max(0, level))}%`
  return h('span', { class: 'gauge', 'aria-hidden': 'true' }, filled)
}
