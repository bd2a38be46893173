create table registers (key text primary key, value bigint not null)
create table lists (key text primary key, elements bigint[] not null)
create table accounts (id bigint primary key, balance bigint not null)
create table elements (name text, element bigint, primary key (name, element))
create table counters (name text primary key, total bigint not null)
create table messages (id bigint generated always as identity primary key, queue text not null, value bigint not null, hidden timestamptz not null default '-infinity', takes bigint not null default 0)
create index on messages (queue, id)
create table turns (queue text)
create table orders (id bigint primary key, amount bigint not null)
create sequence identifiers
create sequence tokens
