// @segment/analytics-next in a page. `cdn`: it is told one host, and the settings there say the rest; otherwise it is told
// the host of the API; `batching`: and to send several events at once.
import './browser.mjs';
import {address, everything, key, many, mode, order, report, shoe, traits} from './story.mjs';

const {AnalyticsBrowser} = (await import('@segment/analytics-next')).default;
const batching = {deliveryStrategy: {strategy: 'batching', config: {size: 100, timeout: 100}}};
const [analytics] =
  mode === 'cdn'
    ? await AnalyticsBrowser.load({writeKey: key, cdnURL: address})
    : await AnalyticsBrowser.load(
        {writeKey: key, cdnSettings: {integrations: {'Segment.io': {apiKey: key}}}},
        {
          integrations: {
            'Segment.io': {
              apiHost: `${address.replace('http://', '')}/v1`,
              protocol: 'http',
              ...(mode === 'batching' ? batching : {}),
            },
          },
        },
      );
const errors = [];
analytics.on('error', (error) => errors.push(String(error.code)));

if (mode === 'many') {
  await Promise.all(many.map((properties) => analytics.track('Product Viewed', properties)));
} else {
  await analytics.page('Home');
  await analytics.track('Product Viewed', shoe);
  await analytics.track('Product Added', shoe);
  await analytics.track('Order Completed', order);
  await analytics.identify('next-42', traits);
  await analytics.group('club', {level: 1});
  await analytics.alias('next-42', 'next-old');
  await analytics.screen('Start');
}
await everything();
report({errors, anonymous: analytics.user().anonymousId()});
