import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { Api } from '../../src/api.js';
import { DealsClient, Refusal } from '../../src/index.js';
import { until } from './until.js';

interface Server {
  url: string;
  token: (sub: string, ...options: string[]) => string;
  restart: () => Promise<void>;
}
const env = {
  JWT_SECRET: 'a secret of thirty-two bytes, or so',
  QUINTET_LIMITS__DEALS__MESSAGES_PER_MINUTE: '0',
};
const deal = (price: number) => ({
  title: 'A good lamp',
  category: 'home',
  merchant: 'Lux',
  price,
  originalPrice: 40,
  currency: 'EUR',
  url: 'https://example.org/lamp',
});

it('a board of deals, rooms and mail go on over a kill of the server', async () => {
  await withServer(env, async ({ url, token, restart }: Server) => {
    const shop = new Api({ url, token: () => token('shop', '--role', 'publisher') });
    const ann = new DealsClient({ url, token: () => token('ann') });
    const ben = new DealsClient({ url, token: () => token('ben') });
    const told: string[] = [];
    ben.onDirectMessage(({ content }) => told.push(content));
    ann.open();
    ben.open();
    await ann.subscribeToDeals('new-deals', { category: 'home', maxPrice: 30 });
    await ann.subscribeToDeals('price-updates');
    await shop.send('PUT', '/api/deals/lamp', deal(29));
    await shop.send('PUT', '/api/deals/chair', { ...deal(90), title: 'A chair' });
    await until(() => ann.deals.value.get('lamp')?.price === 29);
    await Promise.all([ann.joinRoom('bargains'), ben.joinRoom('bargains')]);
    await ann.sendMessage('room:bargains', 'before');
    await ann.sendMessage('user:ben', 'hello');
    await until(() => told.length === 1);
    const restarted = restart();
    const sent = ann.sendMessage('room:bargains', 'meanwhile');
    await Promise.all([restarted, sent]);
    await until(() =>
      [ann, ben].every((one) => one.rooms.value.get('bargains')?.messages.length === 2),
    );
    await shop.send('PUT', '/api/deals/lamp', deal(19));
    await until(() => ann.deals.value.get('lamp')?.price === 19);
    expect([...ann.deals.value.keys()]).toEqual(['lamp']);
    await shop.send('DELETE', '/api/deals/lamp');
    await until(() => ann.deals.value.size === 0);
    expect(told).toEqual(['hello']);
    ann.close();
    ben.close();
  });
});

it('deals that changed while one was away are there again, and a room that was left is silent', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const shop = new Api({ url, token: () => token('shop', '--role', 'publisher') });
    let isAway = false;
    const ann = new DealsClient({
      url,
      token: () => (isAway ? Promise.reject(new Error('Away')) : token('ann')),
    });
    const told: string[] = [];
    ann.onDirectMessage(({ content }) => told.push(content));
    ann.open();
    await ann.subscribeToDeals('new-deals', { category: ['home', 'garden'] });
    await shop.send('PUT', '/api/deals/lamp', deal(29));
    await until(() => ann.deals.value.get('lamp')?.price === 29);
    const { token: fresh } = await ann.refreshToken();
    expect(fresh.split('.')).toHaveLength(3);
    isAway = true;
    const admin = new Api({ url, token: () => token('root', '--role', 'admin') });
    await admin.send('POST', '/api/users/ann/disconnect');
    await until(() => ann.state.status === 'connecting');
    await shop.send('PUT', '/api/deals/lamp', deal(19));
    await shop.send('PUT', '/api/deals/chair', { ...deal(90), category: 'office' });
    isAway = false;
    await until(() => ann.deals.value.get('lamp')?.price === 19);
    expect([...ann.deals.value.keys()]).toEqual(['lamp']);
    const other = new DealsClient({ url, token: () => token('ann') });
    other.open();
    await other.joinRoom('bargains');
    await other.sendMessage('room:bargains', 'for who is there');
    await other.sendMessage('user:ann', 'for ann');
    await until(() => told.length === 1);
    expect(told).toEqual(['for ann']);
    ann.close();
    other.close();
  });
});

it('notifications stay unread until they are acknowledged, and a wrong wish is refused', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const shop = new Api({ url, token: () => token('shop', '--role', 'publisher') });
    const body = { title: 'Welcome', body: 'Have a look' };
    await shop.send('POST', '/api/users/ann/notifications', body);
    const task = { userId: 'ann', status: 'running', progress: 40 };
    await shop.send('PUT', '/api/tasks/import/status', task);
    const ann = new DealsClient({ url, token: () => token('ann') });
    ann.open();
    await until(
      () => ann.mail.value.notifications.length === 1 && ann.mail.value.tasks.length === 1,
    );
    const [notification] = ann.mail.value.notifications;
    expect(notification).toMatchObject({ title: 'Welcome', status: 'unread' });
    await ann.acknowledge(notification?.notificationId ?? '');
    expect(ann.mail.value.notifications[0]?.status).toBe('read');
    const wish = { minPrice: 5, maxPrice: 1 };
    const refused = await ann.subscribeToDeals('new-deals', wish).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'VALIDATION_ERROR' });
    ann.close();
  });
});
