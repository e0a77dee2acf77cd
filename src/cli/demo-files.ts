/** The demonstration's repository: a small shop with a history of three migrations, and a pull request. */

const config = `# How large the tables are in production: plans and severities follow.
rows:
  users: 2000000
  orders: 12000000
  order_items: 40000000
`;

const users = `CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
`;

const orders = `CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped', 'cancelled');

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    status order_status NOT NULL DEFAULT 'pending',
    total numeric(10, 2) NOT NULL CHECK (total >= 0),
    shipping_email text,
    note text,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX orders_user_id_created_at_idx ON orders (user_id, created_at DESC);
`;

const items = `CREATE TABLE order_items (
    order_id bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    position integer NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, position)
);
`;

const queries = `-- drydock:explain orders-of-user
SELECT id, status, total, created_at
FROM orders
WHERE user_id = $1
ORDER BY created_at DESC
LIMIT 20;

-- drydock:explain order-with-note
SELECT id, status, total, note
FROM orders
WHERE id = $1;
`;

const newQuery = `
-- drydock:explain orders-by-shipping-email
SELECT id, status, total
FROM orders
WHERE lower(shipping_email) = $1;
`;

const model = `package shop

import "time"

type Order struct {
	ID            int64
	UserID        int64
	Status        string
	Total         string
	ShippingEmail *string
	Note          *string
	CreatedAt     time.Time
}
`;

const migration = (name: string, up: string, down: string) => ({
  [`db/migrations/${name}.up.sql`]: up,
  [`db/migrations/${name}.down.sql`]: down,
});

/** Files of the base branch. */
export const baseFiles: Readonly<Record<string, string>> = {
  "README.md": "# Shop\n",
  ".github/drydock.yml": config,
  "internal/shop/order.go": model,
  "db/queries/orders.sql": queries,
  ...migration("0001_users", users, "DROP TABLE users;\n"),
  ...migration("0002_orders", orders, "DROP TABLE orders;\n\nDROP TYPE order_status;\n"),
  ...migration("0003_order_items", items, "DROP TABLE order_items;\n"),
};

/** Files that the pull request adds or changes. */
export const pullRequestFiles: Readonly<Record<string, string>> = {
  "internal/shop/order.go": model
    .replace("ShippingEmail *string", "ShippingEmail string")
    .replace("Note          *string", "CouponID      *int64"),
  "db/queries/orders.sql": queries + newQuery,
  // The index blocks writes.
  ...migration(
    "0004_orders_shipping_email_idx",
    "CREATE INDEX orders_shipping_email_idx ON orders (shipping_email);\n",
    "DROP INDEX orders_shipping_email_idx;\n",
  ),
  // SET NOT NULL reads the whole table under the strongest lock, and the down forgets the status index.
  ...migration(
    "0005_orders_require_shipping_email",
    `UPDATE orders SET shipping_email = '' WHERE shipping_email IS NULL;

ALTER TABLE orders ALTER COLUMN shipping_email SET NOT NULL;

CREATE INDEX orders_status_idx ON orders (status) WHERE status = 'pending';
`,
    "ALTER TABLE orders ALTER COLUMN shipping_email DROP NOT NULL;\n",
  ),
  // A new table is fine; the key to it checks every order under a lock on both, and has no index.
  ...migration(
    "0006_coupons",
    `CREATE TABLE coupons (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    percent smallint NOT NULL CHECK (percent BETWEEN 1 AND 100),
    valid_until timestamptz
);

ALTER TABLE orders ADD COLUMN coupon_id bigint;

ALTER TABLE orders
    ADD CONSTRAINT orders_coupon_id_fkey FOREIGN KEY (coupon_id) REFERENCES coupons (id);
`,
    `ALTER TABLE orders DROP COLUMN coupon_id;

DROP TABLE coupons;
`,
  ),
  // Data is lost, and a query that the pull request forgets still reads the column.
  ...migration(
    "0007_orders_drop_note",
    "ALTER TABLE orders DROP COLUMN note;\n",
    "ALTER TABLE orders ADD COLUMN note text;\n",
  ),
  // The index that lists a user's orders goes.
  ...migration(
    "0008_orders_index_cleanup",
    "DROP INDEX orders_user_id_created_at_idx;\n",
    "CREATE INDEX orders_user_id_created_at_idx ON orders (user_id, created_at DESC);\n",
  ),
};
