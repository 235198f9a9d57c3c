// New devices: a Zigbee bridge lets them in for some minutes; those of other families come by themselves.

import { h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { every } from '../base/events.js'
import { t } from '../base/words.js'
import { request } from '../keys/asking.js'
import { keys, watch } from '../keys/store.js'
import { mayWrite } from '../hub/api.js'
import { devices, devicesChanged, loadDevices } from './store.js'
import { nameOf } from './facts.js'
import { foreign } from '../system/parts.js'

/** The longest that Zigbee knows, in seconds. */
const openFor = 254

/** @param {AbortSignal} signal */
export function drawPairing(signal) {
  const place = h('div', { class: 'stack pairing' })
  /** @type {Map<string, HTMLElement>} */
  const bridges = new Map()
  const look = () => {
    for (const device of devices.values()) {
      const property = device.properties.find((each) => each.property === 'permit_join' && each.writable)
      if (!property || bridges.has(property.key) || !mayWrite(property.key)) continue
      const bridge = drawBridge(device, property.key, signal)
      bridges.set(property.key, bridge)
      place.append(bridge)
    }
  }
  devicesChanged.listen(look, signal)
  look()
  return place
}

/** @param {import('./store.js').Device} device @param {string} key @param {AbortSignal} signal */
function drawBridge(device, key, signal) {
  const left = h('span', { class: 'number' })
  const found = h('ul', { class: 'bare', 'aria-live': 'polite' })
  const button = h('button', { class: 'plain', onclick: () => request(key, !isOpen()) })
  const isOnly = () => [...devices.values()].filter((each) => each.properties.some((property) => property.property === 'permit_join')).length < 2
  const isOpen = () => keys.get(key)?.value === true
  const known = new Set(devices.keys())
  const told = new Set()
  const count = () => {
    // A bridge that stays open was opened anew by somebody else.
    const rest = Math.ceil((keys.get(key)?.time ?? 0) + openFor - Date.now() / 1000)
    setText(left, isOpen() ? t('pairing.left', { time: rest > 0 ? `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, '0')}` : '…' })
      : '')
  }
  const box = h('div', null, h('div', { class: 'row' }, button, left), found)
  watch(key, () => {
    box.className = isOpen() ? 'card stack' : 'stack'
    replace(button, icon(isOpen() ? 'stop' : 'plus'), t(isOpen() ? 'pairing.stop' : 'pairing.start'),
      isOnly() ? null : [' (', foreign(device.name), ')'])
    if (!isOpen()) for (const each of devices.keys()) known.add(each)
    count()
  }, signal)
  every(1000, count, signal)
  // A device that joined has no values yet that would tell of it.
  every(3000, () => { if (isOpen()) loadDevices().catch(() => {}) }, signal)
  devicesChanged.listen(() => {
    for (const each of devices.values()) {
      if (known.has(each.device) || told.has(each.device) || each.source !== device.source) continue
      told.add(each.device)
      found.append(h('li', null, icon('ok'), ' ', t('pairing.found'), ' ',
        h('a', { href: `#/devices/${encodeURIComponent(each.device)}` }, foreign(nameOf(each)))))
    }
  }, signal)
  return box
}
