// A page as jsdom has it, made before a browser package is loaded.
import {JSDOM} from 'jsdom';

const page = new JSDOM('<!doctype html><title>Ember 22</title><body></body>', {
  url: 'http://shop.example/shoes/ember?utm_source=mail',
  referrer: 'http://elsewhere.example/',
  pretendToBeVisual: true,
});

export const {window} = page;

// What a page has and node has too stays node's, save for what belongs to the page.
const own = ['navigator', 'Event', 'EventTarget', 'CustomEvent', 'XMLHttpRequest'];
for (const name of Object.getOwnPropertyNames(window)) {
  if (name in globalThis && !own.includes(name)) continue;
  Object.defineProperty(globalThis, name, {value: window[name], configurable: true, writable: true});
}
for (const name of ['window', 'self']) {
  Object.defineProperty(globalThis, name, {value: window, configurable: true, writable: true});
}
for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
  globalThis[name] = window[name].bind(window);
}
window.fetch = globalThis.fetch;

// jsdom has no beacon: it is a post that nobody waits for, with the type of the blob it carries.
window.navigator.sendBeacon = (url, data) => {
  globalThis.fetch(url, {method: 'POST', body: data});
  return true;
};
