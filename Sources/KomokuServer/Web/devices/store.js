// The devices of the house, as discovery found them. Their values are those of their keys.

import { connection } from '../hub/connection.js'
import { keys, listed } from '../keys/store.js'
import { Emitter, every } from '../base/events.js'

/**
 * @typedef {object} Property
 * @property {string} property
 * @property {string} key
 * @property {string} type
 * @property {string | null} unit
 * @property {boolean} writable
 * @property {boolean} event
 * @property {string} [label]
 * @property {string} [class] `door`, `moisture`
 * @property {string} [category] `config` or `diagnostic`
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step]
 * @property {any[]} [values]
 * @property {{ name: string, value: any }[]} [presets]
 * @property {string} [control] what the hub takes it for: `light`, `brightness`, `setpoint`, `sensor` …
 * @property {string} [group] properties of one group belong to one thing
 * @property {boolean} [present]
 * @property {{ value: any, time: number, state: string, reported?: any, reason?: string }} [command] the newest
 *
 * @typedef {object} Device
 * @property {string} device its id
 * @property {string} name
 * @property {string | null} manufacturer
 * @property {string | null} model
 * @property {string} source
 * @property {boolean} present
 * @property {boolean | null} online
 * @property {boolean} sleeps
 * @property {string | null} via
 * @property {number | null} last_seen
 * @property {Property[]} properties
 * @property {{ what: string, reason: string }[]} unsupported
 */

/**
 * By their ids.
 * @type {Map<string, Device>}
 */
export const devices = new Map()
/**
 * Which property a key is: `[device, property]`.
 * @type {Map<string, [Device, Property]>}
 */
export const byKey = new Map()
/**
 * Devices came, went, or are reached or not.
 * @type {Emitter<void>}
 */
export const devicesChanged = new Emitter()

let isLoading = false
/** When they were loaded, and how long that took, in milliseconds. */
let [loaded, took] = [0, 0]

export async function loadDevices() {
  if (isLoading) return
  isLoading = true
  const start = Date.now()
  try {
    const found = []
    for (let after; ;) {
      /** @type {any} */
      const page = await connection.ask('devices', { after })
      found.push(...page.devices)
      if (!(after = page.next)) break
    }
    devices.clear()
    byKey.clear()
    for (const device of found) {
      devices.set(device.device, device)
      for (const property of device.properties) if (property.key) byKey.set(property.key, [device, property])
    }
    loaded = Date.now()
    took = loaded - start
    devicesChanged.emit()
  } finally {
    isLoading = false
  }
}

export function startDevices() {
  connection.atBegin(loadDevices)
  // Those that are there when the connection stands came with their devices.
  let count = 0
  connection.changed.listen((state) => { if (state === 'open') count = keys.size })
  listed.listen(() => {
    if (keys.size === count || connection.state !== 'open') return
    count = keys.size
    loadDevices().catch(() => {})
  })
  // Whether a device is reached is no key of every family. A catalogue of thousands is not asked for all the time.
  every(30_000, () => { if (connection.state === 'open' && Date.now() - loaded > took * 50) loadDevices().catch(() => {}) })
}
