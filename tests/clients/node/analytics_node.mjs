// @segment/analytics-node as its readme says: only the host is another.
import {Analytics} from '@segment/analytics-node';
import {address, calls, key, report, told} from './story.mjs';

const analytics = new Analytics({writeKey: key, host: address, flushAt: 50, maxRetries: 3});
const errors = [];
analytics.on('error', (error) => errors.push(String(error.code)));
const answers = calls('node-42').map(([kind, fields]) => told((end) => analytics[kind](fields, end)));
await analytics.closeAndFlush();
report({errors: [...errors, ...(await Promise.all(answers)).filter(Boolean)]});
