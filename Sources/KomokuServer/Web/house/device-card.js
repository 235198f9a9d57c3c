// A device with its controls, and a key with its value, as cards.

import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { t } from '../base/words.js'
import { arranged, control, isOffline } from '../devices/control.js'
import { byKey, devicesChanged } from '../devices/store.js'
import { deviceIcon, deviceName, keyName } from '../keys/names.js'
import { keys, watch } from '../keys/store.js'
import { apart } from './card.js'
import { star } from './favourites.js'
import { helperControl, helpers } from './helper.js'

/**
 * @typedef {import('../devices/store.js').Device} Device
 * @typedef {import('../devices/store.js').Property} Property
 */

/** So many properties stand on a card; the others are behind "more". */
const most = 8

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
