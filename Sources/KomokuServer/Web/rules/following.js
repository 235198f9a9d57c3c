// What rules do, told by the hub as it happens. The connection has one `follow`, for all who listen.

import { Emitter } from '../base/events.js'
import { connection } from '../hub/connection.js'

/** @type {Emitter<Record<string, any>>} */
const records = new Emitter()
let count = 0
connection.pushed.listen((message) => { if (message.run) records.emit(message.run) })
connection.changed.listen((state) => { if (state === 'open' && count) begin() })

/** What else is told of: `{"rule_file":…}`; a hub that knows only runs tells of these. */
const everything = { what: ['runs', 'documents', 'rooms', 'rule_files'] }

function begin() { connection.ask('follow', everything).catch(() => connection.ask('follow')).catch(() => {}) }

/**
 * Each record that is finished, and with it whatever was missed in a break: `null` says look again.
 * @param {(record: Record<string, any> | null) => void} listener
 * @param {AbortSignal} signal
 */
export function followRuns(listener, signal) {
  if (signal.aborted) return
  records.listen(listener, signal)
  connection.changed.listen((state) => { if (state === 'open') listener(null) }, signal)
  if (!count++) begin()
  signal.addEventListener('abort', () => { if (!--count) connection.ask('unfollow').catch(() => {}) }, { once: true })
}

/**
 * @param {number} run
 * @returns {Promise<Record<string, any> | undefined>}
 */
export async function loadRun(run) {
  const { runs } = await connection.ask('runs', { before: run + 1, limit: 1 })
  return runs[0]?.run === run ? runs[0] : undefined
}
