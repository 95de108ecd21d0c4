// What every tracker is made to tell: a visit, an order, and who it was; see ../python/story.py.

export const shoe = {product_id: 'run-001', price: 81.9, currency: 'EUR', quantity: 1};

export const order = {
  order_id: 'o-77',
  currency: 'EUR',
  products: [
    {product_id: 'run-001', price: 81.9, quantity: 1},
    {product_id: 'run-002', price: 64.5, quantity: 2},
  ],
};

export const traits = {plan: 'gold', city: 'Århus'};

export const [, , address, key, mode, count] = process.argv;

export const many = Array.from({length: Number(count)}, (_, n) => ({...shoe, n}));

/** The calls of the packages for servers: each is a method and its fields. */
export function calls(user) {
  if (mode === 'many') {
    return many.map((properties) => ['track', {userId: user, event: 'Product Viewed', properties}]);
  }
  const unknown = `${user}-anonymous`;
  return [
    ['page', {anonymousId: unknown, name: 'Home'}],
    ['screen', {anonymousId: unknown, name: 'Start'}],
    ['track', {anonymousId: unknown, event: 'Product Viewed', properties: shoe}],
    ['track', {userId: user, event: 'Product Added', properties: shoe}],
    ['track', {userId: user, event: 'Order Completed', properties: order}],
    ['identify', {userId: user, anonymousId: unknown, traits}],
    ['group', {userId: user, groupId: 'club', traits: {level: 1}}],
    ['alias', {previousId: `${user}-old`, userId: user}],
  ];
}

/** What a call that ends with a callback was told: an error's code, or nothing. */
export function told(call) {
  return new Promise((resolve) => call((error) => resolve(error ? String(error.code ?? error.message ?? error) : null)));
}

/** The test ends standard input once everything has arrived. */
export function everything() {
  return new Promise((resolve) => process.stdin.on('end', resolve).resume());
}

/** The line that the test reads; what the package still waits for is left. */
export function report(found) {
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
}
