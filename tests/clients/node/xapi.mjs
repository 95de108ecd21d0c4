// @xapi/xapi: one statement, several, one again, and what is said of what cannot be kept.
import package_ from '@xapi/xapi';
import {address, key, report as tell} from './story.mjs';

const XAPI = package_.default ?? package_;
const xapi = new XAPI({endpoint: `${address}/xapi/`, auth: XAPI.toBasicAuth(key, ''), version: '1.0.3'});
const actor = {objectType: 'Agent', account: {homePage: 'https://bank.example', name: 'xapi-42'}};
const object = {objectType: 'Activity', id: 'https://bank.example/modules/saving-basics'};
const verb = (name) => ({id: `http://adlnet.gov/expapi/verbs/${name}`, display: {en: name}});
const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const statement = (n, name, fields = {}) => ({
  id: id(n),
  actor,
  verb: verb(name),
  object,
  timestamp: '2026-11-20T09:00:00.000Z',
  ...fields,
});
const status = (call) => call.then((answer) => [answer.status, answer.data], (error) => [error.response?.status ?? 0, null]);

const report = {};
report.about = await status(xapi.getAbout());
report.one = await status(xapi.sendStatement({statement: statement(1, 'initialized')}));
report.several = await status(
  xapi.sendStatements({
    statements: [
      statement(2, 'progressed', {result: {extensions: {'https://w3id.org/xapi/cmi5/result/extensions/progress': 40}}}),
      statement(3, 'completed', {result: {completion: true, duration: 'PT12M'}}),
      statement(4, 'passed', {result: {success: true, score: {scaled: 0.8}}}),
    ],
  }),
);
report.again = await status(xapi.sendStatement({statement: statement(1, 'initialized')}));
report.other = await status(xapi.sendStatement({statement: statement(1, 'failed')}));
report.bad = await status(xapi.sendStatements({statements: [statement(5, 'initialized'), {...statement(6, 'completed'), actor: {}}]}));
tell(report);
