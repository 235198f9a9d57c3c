import { h } from '../base/dom.js'

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export function show(main, place) {
  place.title('Rule')
  main.append(h('h1', null, 'Rule'))
}
