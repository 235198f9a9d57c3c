import { h } from '../base/dom.js'

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export function show(main, place) {
  place.title('Graphs')
  main.append(h('h1', null, 'Graphs'))
}
