// Rooms as the family wants them: their names, symbols and order, and which device is where.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { confirm, notify, notifyError } from '../base/notice.js'
import { go, reshow } from '../base/router.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { devices } from '../devices/store.js'
import { deviceIcon, deviceName } from '../keys/names.js'
import { apart } from './card.js'
import { sortable } from './favourites.js'
import { areKept, isPlaced, loadRooms, mayArrange } from './rooms.js'

/** @typedef {import('./rooms.js').Room} Room */

const signs = ['room', 'pot', 'sofa', 'bed', 'bath', 'desk', 'door', 'stairs', 'roof', 'car', 'tree', 'window', 'house']

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, { title, signal }) {
  title(t('house.arrange'))
  const rooms = (await loadRooms()).filter((each) => each.room !== '-')
  main.append(h('h1', null, t('house.arrange')))
  if (!mayArrange()) return void main.append(h('p', { class: 'empty' }, t(areKept ? 'room.not' : 'room.guessed')))
  const list = h('ol', { class: 'bare stack' })
  const save = async (/** @type {any} */ body) => {
    try { await ask('set_room', body); notify(t('room.kept')) } catch (error) { notifyError(error) }
  }
  const grips = sortable(list, async (from, to) => {
    rooms.splice(to, 0, ...rooms.splice(from, 1))
    try { for (const [order, room] of rooms.entries()) await ask('set_room', { room: room.room, order }) } catch (error) { notifyError(error) }
  }, signal)
  for (const room of rooms) list.append(roomLine(room, grips, save))
  const name = h('input', { 'aria-label': t('room.name'), maxlength: 60, required: true, placeholder: t('room.new') })
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault()
    const id = name.value.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '').slice(0, 60) || `room_${Date.now().toString(36)}`
    await save({ room: rooms.some((each) => each.room === id) ? `${id}_${rooms.length}` : id, name: name.value, order: rooms.length })
    reshow()
  }
  main.append(list, h('form', { class: 'row new-room', onsubmit: add }, name, h('button', null, icon('plus'), t('action.add'))),
    h('h2', null, t('room.devices')), deviceLines(rooms, save),
    h('p', { class: 'row' }, h('a', { class: 'button plain', href: '#/' }, t('action.done')), h('button', { class: 'plain', onclick: async () => download((await loadRooms()).filter((each) => each.room !== '-')) }, icon('download'), t('room.export')), h('button', { class: 'plain', onclick: async () => {
      if (!await confirm(t('room.reset.sure'), t('room.reset'))) return
      await ask('reset_rooms').then(() => go('/'), notifyError)
    } }, t('room.reset'))))
}

/**
 * The section `rooms` of a configuration, as YAML: JSON is that, too.
 * @param {Room[]} rooms
 */
function configurationOf(rooms) {
  const lines = rooms.map(({ room, name, icon: sign, devices, patterns }) => `  ${room}: ${JSON.stringify({ name, ...sign ? { icon: sign } : {}, devices, keys: patterns ?? [] })}`)
  return `rooms:\n${lines.join('\n')}\n`
}

/** @param {Room[]} rooms */
function download(rooms) {
  const address = URL.createObjectURL(new Blob([configurationOf(rooms)], { type: 'application/yaml' }))
  h('a', { href: address, download: 'rooms.yaml' }).click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** @param {Room} room @param {(name: string) => HTMLElement} grips @param {(body: any) => void} save */
function roomLine(room, grips, save) {
  const sign = h('select', { 'aria-label': `${t('room.icon')}: ${room.name}`, onchange: () => {
    save({ room: room.room, icon: sign.value })
    replace(shown, icon(sign.value))
  } }, (signs.includes(room.icon) || !room.icon ? signs : [room.icon, ...signs]).map((each) => h('option', { value: each, selected: each === (room.icon || 'room') }, t(`icon.${each}`).replace(/^icon\./, ''))))
  const shown = h('span', { class: 'room-sign' }, icon(room.icon || 'room'))
  const line = h('li', { class: 'card row room-line' }, grips(apart(room.name)), shown,
    h('input', { value: room.name, 'aria-label': t('room.name'), maxlength: 60, onchange: (/** @type {any} */ event) => event.target.value.trim() && save({ room: room.room, name: event.target.value.trim() }) }), sign,
    h('button', { class: 'plain bare', 'aria-label': `${t('room.remove')}: ${room.name}`, onclick: async () => {
      if (!await confirm(t('room.remove.sure', { name: apart(room.name) }), t('room.remove'))) return
      try { await ask('remove_room', { room: room.room }); reshow() } catch (error) { notifyError(error) }
    } }, icon('close')))
  return line
}

/** @param {Room[]} rooms @param {(body: any) => Promise<void>} save */
function deviceLines(rooms, save) {
  const all = [...devices.values()].filter(isPlaced).sort((a, b) => deviceName(a).localeCompare(deviceName(b)))
  return h('ul', { class: 'bare device-lines' }, all.map((device) => {
    const name = deviceName(device)
    const now = () => rooms.find((each) => each.devices.includes(device.device))
    const select = h('select', { 'aria-label': t('room.move', { name: apart(name) }), onchange: async () => {
      const [from, to] = [now(), rooms[select.selectedIndex - 1]]
      if (from) from.devices = from.devices.filter((each) => each !== device.device)
      // Where it was it is no more by that it is somewhere else.
      if (to) { to.devices.push(device.device); await save({ room: to.room, devices: to.devices }) } else if (from) await save({ room: from.room, devices: from.devices })
    } }, h('option', null, t('room.other')), rooms.map((room) => h('option', { selected: room === now() }, room.name)))
    return h('li', { class: 'row' }, icon(deviceIcon(device)), h('bdi', null, name), select)
  }))
}
