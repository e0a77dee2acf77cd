# Build: TypeScript to JavaScript, then only what runs.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

# The sandbox's base image is made once, here, so that the first review does not wait for it.
FROM node:22-bookworm-slim AS run
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DRYDOCK_CACHE=/app/cache
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json app.yml LICENSE ./
COPY docs/suppressions.md ./docs/
COPY docs/rules ./docs/rules
RUN mkdir cache && chown node:node cache
USER node
RUN node -e "import('./dist/sandbox/dry-run.js').then(async ({ createSandbox }) => { const s = createSandbox({ spares: 1 }); await s.ready(); await s.close(); })"
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/ping`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/index.js"]
