//! Handlers of others that take part in routes, called over HTTP as API Gateway calls them.
