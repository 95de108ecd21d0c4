// @rudderstack/rudder-sdk-node as its readme says: only the data plane is another; it packs with gzip by itself.
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import {address, calls, key, report, told} from './story.mjs';

const analytics = new RudderAnalytics(key, {dataPlaneUrl: address, flushAt: 50, flushInterval: 200});
const errors = [];
// A batch that is refused is thrown from a timer of the package, and its messages are told nothing.
const refused = new Promise((resolve) => process.on('uncaughtException', (error) => resolve(errors.push(error.message))));
const answers = calls('rudder-node-42').map(([kind, fields]) => told((end) => analytics[kind](fields, end)));
await Promise.race([refused, Promise.all(answers).then((found) => errors.push(...found.filter(Boolean)))]);
await analytics.flush().catch((error) => errors.push(error.message));
report({errors});
