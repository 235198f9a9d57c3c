// One device: how it is, when it was reached, all that it tells and does, and what can be done with it.

import { h, replace, setText } from '../base/dom.js'
import { loadWords, t } from '../base/words.js'
import { icon } from '../base/icons.js'
import { mayWrite } from '../hub/api.js'
import { watch } from '../keys/store.js'
import { devices, devicesChanged } from './store.js'
import { groupOf, loadRooms, makeOf, nameOf, propertyName, stateTag } from './facts.js'
import { control, kindOf, readingText } from './control.js'
import { drawAvailability } from './availability.js'
import { drawWork } from './work.js'
import { facts, foreign, when } from '../system/parts.js'

/**
 * @typedef {import('./store.js').Device} Device
 * @typedef {import('./store.js').Property} Property
 */

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  const [rooms] = await Promise.all([loadRooms(), loadWords('house')])
  const id = place.params.device
  const device = devices.get(id) ?? [...devices.values()].find((each) => each.name === id)
  if (!device) {
    place.title(t('devices.missing'))
    return main.append(h('h1', null, t('devices.missing')), h('p', null, h('a', { href: '#/devices' }, t('devices.back'))))
  }
  place.title(nameOf(device))
  const head = h('div', null)
  main.classList.add('narrow')
  const parts = h('div', { class: 'stack' })
  main.append(h('p', null, h('a', { href: '#/devices' }, '‹ ', t('nav.devices'))), head, drawAvailability(device, place.signal), parts,
    drawWork(device, place.signal))
  let shown = ''
  const look = () => {
    const now = devices.get(device.device)
    if (!now) return replace(head, h('h1', null, foreign(nameOf(device))),
      h('p', { class: 'warn', role: 'status' }, t('devices.left_list')))
    drawHead(head, now, rooms)
    // Values are watched one by one: only other properties are drawn anew.
    const what = JSON.stringify(now.properties.map((each) => [each.property, each.key, each.writable, each.present, each.category]))
    if (what === shown) return
    shown = what
    replace(parts, drawParts(now, place.signal))
  }
  devicesChanged.listen(look, place.signal)
  const online = device.properties.find((each) => each.property === 'online')?.key
  if (online) watch(online, look, place.signal)
  look()
}

/** @param {HTMLElement} head @param {Device} device @param {import('./facts.js').Rooms} rooms */
function drawHead(head, device, rooms) {
  const room = rooms.get(device.device)
  const via = device.via ? devices.get(device.via) ?? devices.get(`${device.via}:bridge`) : null
  replace(head, h('div', { class: 'row' }, h('h1', null, foreign(nameOf(device))), stateTag(device)), facts([
    [t('devices.model'), makeOf(device) && foreign(makeOf(device))], [t('devices.room'), room && h('a', { href: `#/rooms/${encodeURIComponent(room.room)}` }, foreign(room.name))],
      [t('devices.source'), device.source],
    [t('devices.via'), via ? h('a', { href: `#/devices/${encodeURIComponent(via.device)}` },
      foreign(nameOf(via))) : device.via && foreign(device.via)],
    [t('devices.seen'), device.last_seen && when(device.last_seen)]]))
}

/** @param {Device} device @param {AbortSignal} signal */
function drawParts(device, signal) {
  const of = (/** @type {string} */ name) => device.properties.filter((each) => each.property !== 'online' && groupOf(each) === name)
  const group = (/** @type {string} */ title, /** @type {Property[]} */ all, /** @type {boolean} */ isFolded) => !all.length ? null
    : isFolded ? h('details', { class: 'card' }, h('summary', null, title, h('span', { class: 'quiet number' }, ` ${all.length}`)),
      lines(all)) : h('section', null, h('h2', null, title), lines(all))
  const lines = (/** @type {Property[]} */ all) => h('ul', { class: 'bare lines' }, all.map((each) => drawProperty(device, each, signal)))
  return [group(t('devices.values'), of('main'), false), group(t('devices.config'), of('config'), true),
    group(t('devices.diagnostic'), of('diagnostic'), true),
    device.unsupported.length > 0 && h('details', { class: 'card' },
      h('summary', null, t('devices.unsupported'), h('span', { class: 'quiet number' }, ` ${device.unsupported.length}`)),
      h('ul', { class: 'bare lines' }, device.unsupported.map((each) => h('li', null, h('code', null, foreign(each.what)),
        h('p', { class: 'quiet' }, foreign(each.reason)))))),
    h('details', { class: 'card' }, h('summary', null, t('devices.technical')),
      facts([[t('devices.id'), h('code', null, foreign(device.device))], [t('devices.own_name'), h('code', null, foreign(device.name))]]),
      h('h3', null, t('devices.feeds')), h('ul', { class: 'bare' },
        device.properties.filter((each) => each.key).map((each) => h('li', null,
        h('a', { class: 'code', href: `#/keys/${encodeURIComponent(each.key)}` }, foreign(each.key))))))]
}

/** @param {Device} device @param {Property} property @param {AbortSignal} signal */
function drawProperty(device, property, signal) {
  const address = `#/keys/${encodeURIComponent(property.key)}`
  const isThere = property.present !== false
  const isControlled = property.writable && property.key && isThere && mayWrite(property.key) && kindOf(property, device) !== 'none'
  const name = foreign(propertyName(property, device))
  if (isControlled) return h('li', { class: 'property' }, control(property, device, signal),
    h('a', { class: 'to-key', href: address }, icon('graph', t('devices.past'))))
  const value = h('span', { class: 'number value' })
  if (property.key) watch(property.key, (key) => {
    setText(value, readingText(property))
    value.classList.toggle('is-stale', !!key?.stale)
    value.title = key?.stale ? t('value.stale') : ''
  }, signal)
  return h('li', { class: 'property' }, h('span', null, property.key ? h('a', { href: address }, name) : name,
    !isThere && [' ', h('span', { class: 'tag' }, t('devices.no_longer'))]), value)
}
