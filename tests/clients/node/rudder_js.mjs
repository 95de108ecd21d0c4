// @rudderstack/analytics-js in a page: the host of data plane and configuration is one. `beacon`: it sends with beacons.
import './browser.mjs';
import {address, everything, key, many, mode, order, report, shoe, traits} from './story.mjs';

const {RudderAnalytics} = await import('@rudderstack/analytics-js/bundled');
const analytics = new RudderAnalytics();
analytics.load(key, address, {
  configUrl: address,
  logLevel: 'ERROR',
  ...(mode === 'beacon' ? {useBeacon: true, beaconQueueOptions: {flushQueueInterval: 300}} : {}),
});
await new Promise((resolve) => analytics.ready(resolve));
if (mode === 'many') {
  many.forEach((properties) => analytics.track('Product Viewed', properties));
} else {
  analytics.page('Home');
  analytics.track('Product Viewed', shoe);
  analytics.track('Product Added', shoe);
  analytics.track('Order Completed', order);
  analytics.identify('rudder-js-42', traits);
  analytics.group('club', {level: 1});
  analytics.alias('rudder-js-42', 'rudder-js-old');
}
await everything();
report({errors: [], anonymous: analytics.getAnonymousId()});
