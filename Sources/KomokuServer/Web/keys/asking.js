// What was asked of a key and what came of it. A control stays as it was asked until the device reports or fails: it never
// flips back in between.

import { ask } from '../hub/connection.js'
import { changes, keys, touch } from './store.js'
import { notify } from '../base/notice.js'
import { t } from '../base/words.js'
import { keyName } from './names.js'

/**
 * @typedef {object} Asked
 * @property {any} value
 * @property {'pending' | 'failed'} state
 * @property {string} [reason] why it failed
 * @property {number} since milliseconds
 */

/** @type {Map<string, Asked>} */
const asked = new Map()
/** How long a failure stays at its control, in milliseconds. */
const memory = 20_000

/**
 * What was asked of a key and is not done.
 * @param {string} name
 * @returns {Asked | undefined}
 */
export function askedOf(name) { return asked.get(name) }

/**
 * What a control shows: what was asked, else what is.
 * @param {string} name
 * @returns {any}
 */
export function shownValue(name) {
  const wish = asked.get(name)
  return wish?.state === 'pending' ? wish.value : keys.get(name)?.value ?? null
}

/**
 * Puts a value, or commands a device. The newest wish counts.
 * @param {string} name
 * @param {any} value
 * @param {any} [options] more members of `put`
 * @returns {Promise<boolean>} whether it was done, as far as anybody can say
 */
export async function request(name, value, options = {}) {
  /** @type {Asked} */
  const wish = { value, state: 'pending', since: Date.now() }
  asked.set(name, wish)
  touch(name)
  try {
    const device = keys.get(name)?.device
    // Replies come in order: one that waits for a device would hold up all that the page asks meanwhile.
    let answer = await ask('put', { key: name, value, ...device ? { wait: false } : {}, ...options })
    if (answer?.outcome === 'waiting' && device) answer = await outcomeOf(name, device, wish)
    if (answer?.outcome === 'failed') throw new Error(answer.reason)
    // A number may be rounded by the device; a switch that is not as it was asked for was not switched.
    if (answer?.outcome === 'differs' && typeof value === 'boolean') throw new Error(t('command.differs', { value: t(`value.${answer.value}`) }))
    // What was told of the change may come behind the answer: the control must not show the old value in between.
    const key = keys.get(name)
    if (key && asked.get(name) === wish && answer?.outcome !== 'sent') key.value = answer?.value ?? (typeof key.value === typeof value ? value : key.value)
    settle(name, wish)
    return true
  } catch (error) {
    const reason = /** @type {any} */ (error)?.message ?? String(error)
    if (asked.get(name) !== wish) return false
    wish.state = 'failed'
    wish.reason = reason
    touch(name)
    notify(t('command.failed', { key: keyName(name), reason }), { kind: 'error' })
    setTimeout(() => settle(name, wish), memory)
    return false
  }
}

/**
 * Waits until a device has reported, or has failed to.
 * @param {string} name
 * @param {string} device
 * @param {Asked} wish
 * @returns {Promise<{ outcome: string, value?: any, reason?: string }>}
 */
async function outcomeOf(name, device, wish) {
  const done = new AbortController()
  const reported = new Promise((resolve) => changes.listen((pub) => { if (pub.key === name && pub.value === wish.value) resolve(true) }, done.signal))
  try {
    for (let delay = 250; asked.get(name) === wish; delay = 1000) {
      const isReported = await Promise.race([reported, new Promise((resolve) => setTimeout(resolve, delay))])
      if (isReported) return { outcome: 'reported', value: wish.value }
      const { devices } = await ask('devices', { device })
      const command = devices[0]?.properties.find((/** @type {any} */ each) => each.key === name)?.command
      if (!command) return { outcome: 'sent' }
      if (command.state !== 'waiting') return { outcome: command.state, value: command.reported, reason: command.reason }
    }
    return { outcome: 'sent' }
  } finally {
    done.abort()
  }
}

/** @param {string} name @param {Asked} wish */
function settle(name, wish) {
  if (asked.get(name) !== wish) return
  asked.delete(name)
  touch(name)
}

/**
 * For what is dragged: sends at most five values a second, always the last one.
 * @param {string} name
 * @param {(value: any) => any} [send]
 * @param {number} [interval] for what needs several commands a value
 */
export function throttled(name, send = (value) => request(name, value), interval = 200) {
  let last = 0
  /** @type {number | undefined} */
  let timer
  /** @param {any} value */
  return (value) => {
    clearTimeout(timer)
    const pause = last + interval - performance.now()
    const go = () => { last = performance.now(); send(value) }
    if (pause <= 0) go()
    else timer = setTimeout(go, pause)
  }
}
