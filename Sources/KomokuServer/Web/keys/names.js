// What a key is called and how its values read, for people.

import { keys } from './store.js'
import { byKey } from '../devices/store.js'
import { capital, valueText, words } from '../base/format.js'

/**
 * `Kitchen lamp, brightness`; without a device the parts of its name.
 * @param {string} name
 * @returns {string}
 */
export function keyName(name) {
  const label = keys.get(name)?.opts.label
  if (label) return label
  const [device, property] = byKey.get(name) ?? []
  if (!device || !property) return capital(name.split('.').map(words).join(' '))
  return `${capital(words(device.name))}, ${property.label ?? words(property.property)}`
}

/**
 * What `valueText` needs to know of a key.
 * @param {string} name
 */
export function keyForm(name) {
  const key = keys.get(name)
  const property = byKey.get(name)?.[1]
  return { type: key?.type, unit: key?.opts.unit ?? property?.unit, precision: key?.opts.precision, class: property?.class }
}

/** @param {string} name @param {any} value */
export function keyText(name, value) { return valueText(value, keyForm(name)) }

/** @param {string} name */
export function keyAddress(name) { return `#/keys/${encodeURIComponent(name)}` }
