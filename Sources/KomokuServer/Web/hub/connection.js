// The one WebSocket to the hub (docs/protocol.md, version 2): commands, their answers, and changes as they happen. It comes
// back by itself after a break, at once when the machine wakes up.

import { Emitter } from '../base/events.js'

/** An answer that says no. `code` is one of docs/protocol.md. */
export class Refusal extends Error {
  /** @param {string} code @param {string} [message] @param {any} [answer] all of it, with findings and the like */
  constructor(code, message, answer) {
    super(message || code)
    this.name = 'Refusal'
    this.code = code
    this.answer = answer
    /**
     * Seconds after which it may be tried again.
     * @type {number | undefined}
     */
    this.wait = undefined
  }
}

/** @typedef {'connecting' | 'open' | 'lost' | 'unauthorized'} State */

// Long enough for a busy hub, short enough for a person that opens a page after a night.
const patience = 4000
const silence = 5000
const shortestPause = 400
// Who looks at the page sees within two seconds that the hub is back.
const longestPause = 1400
const longestHidden = 8000
// After so long a silence a connection that is left is more likely dead than not.
const longSilence = 60_000

/** Whether the hub is there and does not know (any more) who asks. */
async function isNobody() {
  const control = new AbortController()
  const timer = setTimeout(() => control.abort(), patience)
  try { return (await fetch(new URL('api/session', document.baseURI), { signal: control.signal })).status === 401 } catch { return false } finally { clearTimeout(timer) }
}

class Connection {
  /** @type {State} */
  state = 'connecting'
  /**
   * When the connection was lost, in milliseconds of `Date.now()`.
   * @type {number | null}
   */
  lostSince = Date.now()
  /** @type {Emitter<State>} */
  changed = new Emitter()
  /**
   * Messages that nobody asked for: `pub`, `run`.
   * @type {Emitter<any>}
   */
  pushed = new Emitter()
  /** @type {WebSocket | null} */
  #socket = null
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()
  #number = 0
  /** @type {Map<string, Promise<any>>} */
  #early = new Map()
  #failures = 0
  #heard = 0
  /** @type {number | undefined} */
  #timer
  /** @type {(() => Promise<void>)[]} */
  #beginnings = []

  /**
   * What is done each time a connection stands, before it counts as open; all of it at the same time.
   * @param {() => Promise<void>} work
   */
  atBegin(work) { this.#beginnings.push(work) }

  start() {
    this.#connect()
    const wake = () => { if (!document.hidden) this.#wake() }
    document.addEventListener('visibilitychange', wake)
    addEventListener('pageshow', wake)
    addEventListener('online', wake)
    let last = Date.now()
    setInterval(() => {
      const now = Date.now()
      // A machine that slept with the page in sight tells nobody but its clock.
      if (now - last > silence) wake()
      last = now
      if (!document.hidden) this.#lookAfter()
    }, 1000)
  }

  /**
   * Asks the hub something.
   * @param {string} command such as `keys`
   * @param {any} [body]
   * @returns {Promise<any>} the member `result`
   * @throws {Refusal} where it says no, or where the connection is lost
   */
  ask(command, body = {}) {
    const name = JSON.stringify([command, body])
    const early = this.#early.get(name)
    if (!early) return this.askWhole(command, body).then((answer) => answer.result)
    this.#early.delete(name)
    return early
  }

  /**
   * Asks what a view will ask in a moment, while what it needs is still on its way; who asks next gets this answer.
   * @param {string} command
   * @param {any} [body]
   */
  askEarly(command, body = {}) {
    const answer = this.askWhole(command, body).then((answer) => answer.result)
    answer.catch(() => {})
    const name = JSON.stringify([command, body])
    this.#early.set(name, answer)
    // Later it may be another one.
    setTimeout(() => { if (this.#early.get(name) === answer) this.#early.delete(name) }, silence)
  }

  /**
   * The same, with what stands beside the result.
   * @param {string} command
   * @param {any} [body]
   * @returns {Promise<any>}
   */
  askWhole(command, body = {}) {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Refusal('unreachable', 'The hub cannot be reached.'))
    const number = ++this.#number
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      socket.send(JSON.stringify({ [command]: body, query_id: number }))
    })
  }

  /** Says who asks has changed: a login. */
  again() {
    this.#failures = 0
    this.#end()
    this.#connect()
  }

  #connect() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const address = new URL('v2', document.baseURI)
    address.protocol = address.protocol.replace('http', 'ws')
    address.hash = ''
    const socket = this.#socket = new WebSocket(address)
    this.#heard = Date.now()
    let isAccepted = false
    socket.onopen = () => { isAccepted = true; this.#begin(socket) }
    socket.onmessage = (event) => { if (socket === this.#socket) this.#receive(event.data) }
    socket.onclose = async () => {
      // A browser does not tell why a socket was refused: a session that is over looks like a hub that is away.
      const isOver = !isAccepted && await isNobody()
      if (socket === this.#socket) isOver ? this.#unauthorized() : this.#lost()
    }
  }

  /** @param {WebSocket} socket */
  async #begin(socket) {
    try {
      await Promise.all(this.#beginnings.map((work) => work()))
      if (socket !== this.#socket) return
      this.#failures = 0
      this.lostSince = null
      this.#become('open')
    } catch (error) {
      if (socket !== this.#socket) return
      if (error instanceof Refusal && error.code === 'unauthorized') return this.#unauthorized()
      this.#end()
      this.#lost()
    }
  }

  #unauthorized() {
    this.#end()
    this.#become('unauthorized')
  }

  /** @param {string} text */
  #receive(text) {
    this.#heard = Date.now()
    let message
    try { message = JSON.parse(text) } catch { return }
    const waiting = this.#waiting.get(message.query_id)
    if (!waiting) { if (!('query_id' in message)) this.pushed.emit(message); return }
    this.#waiting.delete(message.query_id)
    if (!('error' in message)) return waiting.resolve(message)
    waiting.reject(new Refusal(message.error, message.message, message))
    // A session that ended while the page was open.
    if (message.error !== 'unauthorized' || this.state !== 'open') return
    // It may be about a password that was given; only the session says whether it has ended.
    const socket = this.#socket
    isNobody().then((isOver) => { if (isOver && socket === this.#socket) this.#unauthorized() })
  }

  #lost() {
    this.#end()
    if (this.state === 'unauthorized') return
    this.lostSince ??= Date.now()
    this.#become('lost')
    const pause = Math.min(document.hidden ? longestHidden : longestPause, shortestPause * 2 ** this.#failures++)
    this.#timer = setTimeout(() => this.#connect(), pause * (0.7 + Math.random() * 0.6))
  }

  #end() {
    const socket = this.#socket
    this.#socket = null
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    }
    this.#early.clear()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const each of waiting) each.reject(new Refusal('unreachable', 'The hub cannot be reached.'))
  }

  /** A machine that slept has timers that did not run and connections that only look alive. */
  #wake() {
    if (this.state === 'unauthorized') return
    if (this.#timer !== undefined) { this.#failures = 0; return this.#connect() }
    if (this.#socket?.readyState === WebSocket.OPEN && Date.now() - this.#heard > longSilence) return this.#anew()
    this.#prove(1500)
  }

  #lookAfter() {
    if (this.#socket?.readyState === WebSocket.CONNECTING && Date.now() - this.#heard > patience) return this.#lost()
    if (this.#socket?.readyState === WebSocket.OPEN && Date.now() - this.#heard > silence) this.#prove(patience)
  }

  /** @type {WebSocket | null} */
  #proven = null

  /** @param {number} patience */
  #prove(patience) {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN || this.#proven === socket) return
    this.#proven = socket
    const timer = setTimeout(() => { if (socket === this.#socket) this.#anew() }, patience)
    // Not a ping, which is for everybody: whose rights were taken away is to be told.
    this.ask('hub').catch(() => {}).finally(() => { clearTimeout(timer); if (this.#proven === socket) this.#proven = null })
  }

  /** Gives the connection up for another, at once. */
  #anew() {
    this.#failures = 0
    this.#end()
    this.lostSince ??= Date.now()
    this.#become('lost')
    this.#connect()
  }

  /** @param {State} state */
  #become(state) {
    if (state === this.state) return
    this.state = state
    this.changed.emit(state)
  }
}

export const connection = new Connection()

/** @param {string} command @param {any} [body] */
export const ask = (command, body) => connection.ask(command, body)
