//! Which frameworks a package's dependencies imply.
//!
//! **Bounds.** [`FRAMEWORKS_MAX`] frameworks.

use super::manifest::Package;
use crate::Framework;

/// Frameworks that are told.
const FRAMEWORKS_MAX: usize = 60;

const WEB: &str = "web server";
const CLIENT: &str = "HTTP client";
const DATABASE: &str = "database";
const CACHE: &str = "cache";
const QUEUE: &str = "message queue";
const UI: &str = "user interface";
const TESTS: &str = "tests";
const COMMAND: &str = "command line";
const ASYNC: &str = "asynchronous runtime";
const FORMAT: &str = "data format";
const LOGS: &str = "logging and metrics";
const LEARNING: &str = "machine learning";
const DATA: &str = "data analysis";
const BUILD: &str = "build tool";
const RPC: &str = "remote calls";
const LOGIN: &str = "authentication";
const MOBILE: &str = "mobile application";
const CLOUD: &str = "cloud service";
const TEMPLATES: &str = "templates";
const CHECKS: &str = "validation";
const WIRING: &str = "dependency injection";

/// The dependency's name in lower case (for the JVM a part before `:` or a whole `group:artifact`),
/// the framework's usual name, what it is for.
type Known = (&'static str, &'static str, &'static str);

const CARGO: &[Known] = &[
    ("axum", "axum", WEB),
    ("actix-web", "Actix Web", WEB),
    ("rocket", "Rocket", WEB),
    ("warp", "warp", WEB),
    ("hyper", "hyper", WEB),
    ("poem", "Poem", WEB),
    ("salvo", "Salvo", WEB),
    ("tide", "Tide", WEB),
    ("reqwest", "reqwest", CLIENT),
    ("ureq", "ureq", CLIENT),
    ("tonic", "tonic", RPC),
    ("prost", "Prost", FORMAT),
    ("tokio", "Tokio", ASYNC),
    ("async-std", "async-std", ASYNC),
    ("smol", "smol", ASYNC),
    ("rayon", "Rayon", "parallel work"),
    ("serde", "Serde", FORMAT),
    ("serde_core", "Serde", FORMAT),
    ("serde_json", "serde_json", FORMAT),
    ("toml", "toml", FORMAT),
    ("sqlx", "SQLx", DATABASE),
    ("diesel", "Diesel", DATABASE),
    ("sea-orm", "SeaORM", DATABASE),
    ("rusqlite", "SQLite (rusqlite)", DATABASE),
    ("tokio-postgres", "PostgreSQL", DATABASE),
    ("mongodb", "MongoDB", DATABASE),
    ("redis", "Redis", CACHE),
    ("lapin", "RabbitMQ", QUEUE),
    ("rdkafka", "Kafka", QUEUE),
    ("clap", "clap", COMMAND),
    ("ratatui", "Ratatui", UI),
    ("egui", "egui", UI),
    ("eframe", "egui", UI),
    ("yew", "Yew", UI),
    ("leptos", "Leptos", UI),
    ("dioxus", "Dioxus", UI),
    ("tauri", "Tauri", UI),
    ("bevy", "Bevy", "games"),
    ("tracing", "tracing", LOGS),
    ("log", "log", LOGS),
    ("prometheus-client", "Prometheus", LOGS),
    ("rustls", "rustls", "transport security"),
    ("jsonwebtoken", "JSON Web Token", LOGIN),
    ("proptest", "proptest", TESTS),
    ("criterion", "Criterion", TESTS),
    ("insta", "insta", TESTS),
    ("trybuild", "trybuild", TESTS),
    ("quickcheck", "quickcheck", TESTS),
    ("rstest", "rstest", TESTS),
    ("automod", "automod", TESTS),
    ("candle-core", "Candle", LEARNING),
    ("burn", "Burn", LEARNING),
    ("polars", "Polars", DATA),
    ("wasm-bindgen", "wasm-bindgen", "WebAssembly"),
    ("tree-sitter", "tree-sitter", "parsing"),
    ("nom", "nom", "parsing"),
    ("pest", "pest", "parsing"),
    ("pyo3", "PyO3", "Python bindings"),
];

const NPM: &[Known] = &[
    ("react", "React", UI),
    ("react-native", "React Native", MOBILE),
    ("expo", "Expo", MOBILE),
    ("next", "Next.js", UI),
    ("vue", "Vue", UI),
    ("nuxt", "Nuxt", UI),
    ("svelte", "Svelte", UI),
    ("@sveltejs/kit", "SvelteKit", UI),
    ("@angular/core", "Angular", UI),
    ("solid-js", "Solid", UI),
    ("preact", "Preact", UI),
    ("astro", "Astro", UI),
    ("@remix-run/react", "Remix", UI),
    ("electron", "Electron", UI),
    ("tailwindcss", "Tailwind CSS", UI),
    ("@mui/material", "Material UI", UI),
    ("bootstrap", "Bootstrap", UI),
    ("three", "three.js", UI),
    ("d3", "D3", UI),
    ("@capacitor/core", "Capacitor", MOBILE),
    ("@ionic/core", "Ionic", MOBILE),
    ("redux", "Redux", "state"),
    ("@reduxjs/toolkit", "Redux Toolkit", "state"),
    ("zustand", "Zustand", "state"),
    ("mobx", "MobX", "state"),
    ("@tanstack/react-query", "TanStack Query", "state"),
    ("rxjs", "RxJS", "streams of events"),
    ("express", "Express", WEB),
    ("fastify", "Fastify", WEB),
    ("koa", "Koa", WEB),
    ("hono", "Hono", WEB),
    ("@nestjs/core", "NestJS", WEB),
    ("@hapi/hapi", "hapi", WEB),
    ("socket.io", "Socket.IO", WEB),
    ("ws", "ws", WEB),
    ("graphql", "GraphQL", RPC),
    ("@apollo/server", "Apollo Server", RPC),
    ("@apollo/client", "Apollo Client", RPC),
    ("@trpc/server", "tRPC", RPC),
    ("@grpc/grpc-js", "gRPC", RPC),
    ("axios", "axios", CLIENT),
    ("mongoose", "MongoDB (Mongoose)", DATABASE),
    ("mongodb", "MongoDB", DATABASE),
    ("pg", "PostgreSQL", DATABASE),
    ("mysql2", "MySQL", DATABASE),
    ("prisma", "Prisma", DATABASE),
    ("@prisma/client", "Prisma", DATABASE),
    ("typeorm", "TypeORM", DATABASE),
    ("sequelize", "Sequelize", DATABASE),
    ("drizzle-orm", "Drizzle", DATABASE),
    ("knex", "Knex", DATABASE),
    ("better-sqlite3", "SQLite", DATABASE),
    ("@supabase/supabase-js", "Supabase", CLOUD),
    ("firebase", "Firebase", CLOUD),
    ("aws-sdk", "AWS", CLOUD),
    ("@aws-sdk/client-s3", "AWS", CLOUD),
    ("redis", "Redis", CACHE),
    ("ioredis", "Redis", CACHE),
    ("bullmq", "BullMQ", QUEUE),
    ("kafkajs", "Kafka", QUEUE),
    ("amqplib", "RabbitMQ", QUEUE),
    ("passport", "Passport", LOGIN),
    ("jsonwebtoken", "JSON Web Token", LOGIN),
    ("next-auth", "NextAuth", LOGIN),
    ("zod", "Zod", CHECKS),
    ("joi", "Joi", CHECKS),
    ("yup", "Yup", CHECKS),
    ("commander", "Commander", COMMAND),
    ("yargs", "yargs", COMMAND),
    ("winston", "winston", LOGS),
    ("pino", "pino", LOGS),
    ("jest", "Jest", TESTS),
    ("vitest", "Vitest", TESTS),
    ("mocha", "Mocha", TESTS),
    ("cypress", "Cypress", TESTS),
    ("@playwright/test", "Playwright", TESTS),
    ("@testing-library/react", "Testing Library", TESTS),
    ("ava", "AVA", TESTS),
    ("vite", "Vite", BUILD),
    ("webpack", "webpack", BUILD),
    ("rollup", "Rollup", BUILD),
    ("esbuild", "esbuild", BUILD),
    ("turbo", "Turborepo", BUILD),
    ("@tensorflow/tfjs", "TensorFlow.js", LEARNING),
    ("openai", "OpenAI", CLOUD),
];

const PYTHON: &[Known] = &[
    ("django", "Django", WEB),
    ("djangorestframework", "Django REST framework", WEB),
    ("flask", "Flask", WEB),
    ("fastapi", "FastAPI", WEB),
    ("starlette", "Starlette", WEB),
    ("tornado", "Tornado", WEB),
    ("aiohttp", "aiohttp", WEB),
    ("sanic", "Sanic", WEB),
    ("werkzeug", "Werkzeug", WEB),
    ("bottle", "Bottle", WEB),
    ("pyramid", "Pyramid", WEB),
    ("uvicorn", "Uvicorn", WEB),
    ("gunicorn", "Gunicorn", WEB),
    ("jinja2", "Jinja", TEMPLATES),
    ("click", "Click", COMMAND),
    ("typer", "Typer", COMMAND),
    ("rich", "Rich", COMMAND),
    ("sqlalchemy", "SQLAlchemy", DATABASE),
    ("alembic", "Alembic", DATABASE),
    ("psycopg2", "PostgreSQL", DATABASE),
    ("psycopg2-binary", "PostgreSQL", DATABASE),
    ("psycopg", "PostgreSQL", DATABASE),
    ("asyncpg", "PostgreSQL", DATABASE),
    ("pymongo", "MongoDB", DATABASE),
    ("peewee", "Peewee", DATABASE),
    ("redis", "Redis", CACHE),
    ("celery", "Celery", QUEUE),
    ("pika", "RabbitMQ", QUEUE),
    ("kafka-python", "Kafka", QUEUE),
    ("requests", "Requests", CLIENT),
    ("httpx", "HTTPX", CLIENT),
    ("grpcio", "gRPC", RPC),
    ("pydantic", "Pydantic", CHECKS),
    ("marshmallow", "marshmallow", CHECKS),
    ("pyjwt", "JSON Web Token", LOGIN),
    ("numpy", "NumPy", DATA),
    ("pandas", "pandas", DATA),
    ("polars", "Polars", DATA),
    ("scipy", "SciPy", DATA),
    ("matplotlib", "Matplotlib", DATA),
    ("jupyter", "Jupyter", DATA),
    ("pyspark", "Spark", DATA),
    ("apache-airflow", "Airflow", QUEUE),
    ("scikit-learn", "scikit-learn", LEARNING),
    ("torch", "PyTorch", LEARNING),
    ("tensorflow", "TensorFlow", LEARNING),
    ("keras", "Keras", LEARNING),
    ("transformers", "Transformers", LEARNING),
    ("langchain", "LangChain", LEARNING),
    ("openai", "OpenAI", CLOUD),
    ("boto3", "AWS", CLOUD),
    ("streamlit", "Streamlit", UI),
    ("gradio", "Gradio", UI),
    ("pyqt5", "Qt", UI),
    ("pyqt6", "Qt", UI),
    ("pygame", "pygame", "games"),
    ("scrapy", "Scrapy", "crawling"),
    ("beautifulsoup4", "Beautiful Soup", "crawling"),
    ("pytest", "pytest", TESTS),
    ("hypothesis", "Hypothesis", TESTS),
    ("tox", "tox", TESTS),
];

const JVM: &[Known] = &[
    ("org.springframework.boot", "Spring Boot", WEB),
    ("org.springframework", "Spring", WIRING),
    ("org.springframework.web", "Spring MVC", WEB),
    ("org.springframework.data", "Spring Data", DATABASE),
    ("jakarta.persistence", "Jakarta Persistence", DATABASE),
    ("javax.persistence", "Java Persistence", DATABASE),
    ("io.quarkus", "Quarkus", WEB),
    ("io.micronaut", "Micronaut", WEB),
    ("io.ktor", "Ktor", WEB),
    ("io.vertx", "Vert.x", WEB),
    ("io.javalin", "Javalin", WEB),
    ("io.dropwizard", "Dropwizard", WEB),
    ("jakarta.servlet", "Jakarta Servlet", WEB),
    ("javax.servlet", "Java Servlet", WEB),
    ("io.netty", "Netty", WEB),
    ("org.hibernate", "Hibernate", DATABASE),
    ("org.hibernate.orm", "Hibernate", DATABASE),
    ("org.mybatis", "MyBatis", DATABASE),
    ("org.postgresql", "PostgreSQL", DATABASE),
    ("mysql", "MySQL", DATABASE),
    ("com.mysql", "MySQL", DATABASE),
    ("com.h2database", "H2", DATABASE),
    ("org.flywaydb", "Flyway", DATABASE),
    ("org.jooq", "jOOQ", DATABASE),
    ("androidx.room", "Room", DATABASE),
    ("redis.clients", "Redis", CACHE),
    ("org.apache.kafka", "Kafka", QUEUE),
    ("com.rabbitmq", "RabbitMQ", QUEUE),
    ("com.squareup.okhttp3", "OkHttp", CLIENT),
    ("com.squareup.retrofit2", "Retrofit", CLIENT),
    ("io.grpc", "gRPC", RPC),
    ("com.google.protobuf", "Protocol Buffers", FORMAT),
    ("com.fasterxml.jackson.core", "Jackson", FORMAT),
    ("com.google.code.gson", "Gson", FORMAT),
    ("com.google.dagger", "Dagger", WIRING),
    ("com.google.inject", "Guice", WIRING),
    ("org.projectlombok", "Lombok", "less code"),
    ("androidx.compose.ui", "Jetpack Compose", UI),
    ("androidx.appcompat", "AndroidX", MOBILE),
    ("androidx.core", "AndroidX", MOBILE),
    ("org.apache.cordova", "Cordova", MOBILE),
    ("org.openjfx", "JavaFX", UI),
    ("info.picocli", "picocli", COMMAND),
    ("org.slf4j", "SLF4J", LOGS),
    ("ch.qos.logback", "Logback", LOGS),
    ("io.micrometer", "Micrometer", LOGS),
    ("org.apache.spark", "Spark", DATA),
    ("io.jsonwebtoken", "JSON Web Token", LOGIN),
    ("io.projectreactor", "Reactor", ASYNC),
    ("io.reactivex.rxjava3", "RxJava", ASYNC),
    ("junit", "JUnit", TESTS),
    ("org.junit.jupiter", "JUnit", TESTS),
    ("org.mockito", "Mockito", TESTS),
    ("org.assertj", "AssertJ", TESTS),
    ("androidx.test", "AndroidX Test", TESTS),
    ("androidx.test.espresso", "Espresso", TESTS),
    ("org.testcontainers", "Testcontainers", TESTS),
];

const GO: &[Known] = &[
    ("github.com/gin-gonic/gin", "Gin", WEB),
    ("github.com/labstack/echo", "Echo", WEB),
    ("github.com/gofiber/fiber", "Fiber", WEB),
    ("github.com/go-chi/chi", "chi", WEB),
    ("github.com/gorilla/mux", "Gorilla Mux", WEB),
    ("github.com/gorilla/websocket", "Gorilla WebSocket", WEB),
    ("github.com/beego/beego", "Beego", WEB),
    ("google.golang.org/grpc", "gRPC", RPC),
    ("google.golang.org/protobuf", "Protocol Buffers", FORMAT),
    ("gopkg.in/yaml", "YAML", FORMAT),
    ("go.yaml.in/yaml", "YAML", FORMAT),
    ("github.com/spf13/cobra", "Cobra", COMMAND),
    ("github.com/spf13/pflag", "pflag", COMMAND),
    ("github.com/urfave/cli", "urfave/cli", COMMAND),
    ("github.com/spf13/viper", "Viper", "configuration"),
    ("gorm.io/gorm", "GORM", DATABASE),
    ("github.com/jmoiron/sqlx", "sqlx", DATABASE),
    ("github.com/lib/pq", "PostgreSQL", DATABASE),
    ("github.com/jackc/pgx", "PostgreSQL", DATABASE),
    ("go.mongodb.org/mongo-driver", "MongoDB", DATABASE),
    ("github.com/mattn/go-sqlite3", "SQLite", DATABASE),
    ("entgo.io/ent", "ent", DATABASE),
    ("github.com/redis/go-redis", "Redis", CACHE),
    ("github.com/go-redis/redis", "Redis", CACHE),
    ("github.com/segmentio/kafka-go", "Kafka", QUEUE),
    ("github.com/nats-io/nats.go", "NATS", QUEUE),
    ("github.com/rabbitmq/amqp091-go", "RabbitMQ", QUEUE),
    ("go.uber.org/zap", "zap", LOGS),
    ("github.com/sirupsen/logrus", "Logrus", LOGS),
    ("github.com/prometheus/client_golang", "Prometheus", LOGS),
    ("go.opentelemetry.io/otel", "OpenTelemetry", LOGS),
    ("go.uber.org/fx", "Fx", WIRING),
    ("github.com/google/wire", "Wire", WIRING),
    ("k8s.io/client-go", "Kubernetes", CLOUD),
    ("github.com/aws/aws-sdk-go", "AWS", CLOUD),
    ("github.com/charmbracelet/bubbletea", "Bubble Tea", UI),
    ("github.com/golang-jwt/jwt", "JSON Web Token", LOGIN),
    ("github.com/stretchr/testify", "Testify", TESTS),
    ("github.com/onsi/ginkgo", "Ginkgo", TESTS),
    ("github.com/cpuguy83/go-md2man", "go-md2man", "manual pages"),
];

/// The frameworks that the packages' dependencies imply, each once, in the packages' order.
pub(super) fn frameworks(packages: &[Package]) -> Vec<Framework> {
    let mut found: Vec<Framework> = Vec::new();
    for package in packages {
        for dependency in &package.manifest.dependencies {
            let Some((_, name, purpose)) = known(package.manifest.kind, &dependency.name) else {
                continue;
            };
            let is_new = found.iter().all(|framework| framework.name != *name);
            if is_new && found.len() < FRAMEWORKS_MAX {
                let path = package.manifest.path.clone();
                found.push(Framework { name, purpose, path, line: dependency.line });
            }
        }
    }
    found
}

/// What is known of a dependency.
pub(super) fn known(kind: &str, dependency: &str) -> Option<&'static Known> {
    let name = dependency.to_ascii_lowercase();
    match kind {
        "Cargo" => exact(CARGO, &name),
        "npm" => exact(NPM, &name),
        "pip" | "Poetry" => exact(PYTHON, &name.replace('_', "-")),
        "Maven" | "Gradle" => exact(JVM, &name).or_else(|| exact(JVM, name.split(':').next()?)),
        "Go" => GO.iter().find(|(known, ..)| starts(&name, known)),
        _ => None,
    }
}

fn exact(table: &'static [Known], name: &str) -> Option<&'static Known> {
    table.iter().find(|(known, ..)| *known == name)
}

/// Whether a path of Go's is a package or its later version.
fn starts(name: &str, known: &str) -> bool {
    name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

/// The layer that a module is of when its sources import something for this purpose.
pub(super) fn layer_of(purpose: &str) -> Option<&'static str> {
    match purpose {
        WEB | UI | COMMAND | MOBILE | RPC | TEMPLATES => Some("interface"),
        DATABASE => Some("data"),
        CACHE | QUEUE | CLOUD | LOGS | CLIENT => Some("infrastructure"),
        _ => None,
    }
}

/// Whether a package needs something for this purpose.
pub(super) fn is_for(package: &Package, wanted: &str) -> bool {
    let kind = package.manifest.kind;
    let needed = package.manifest.dependencies.iter().filter(|one| !one.is_for_development);
    needed.filter_map(|one| known(kind, &one.name)).any(|(_, _, purpose)| *purpose == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_known_by_the_name_its_manifest_uses() {
        let table = [
            ("Cargo", "axum", Some("axum")),
            ("npm", "@nestjs/core", Some("NestJS")),
            ("pip", "Flask", Some("Flask")),
            ("pip", "scikit_learn", Some("scikit-learn")),
            ("Maven", "org.springframework.boot:spring-boot-starter-web", Some("Spring Boot")),
            ("Gradle", "androidx.core:core", Some("AndroidX")),
            ("Go", "github.com/jackc/pgx/v5", Some("PostgreSQL")),
            ("Go", "gopkg.in/yaml.v3", Some("YAML")),
            ("Go", "github.com/spf13/cobrax", None),
            ("npm", "left-pad", None),
        ];
        for (kind, dependency, name) in table {
            assert_eq!(known(kind, dependency).map(|known| known.1), name, "{dependency}");
        }
    }
}
