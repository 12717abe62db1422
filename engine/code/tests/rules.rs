//! Every rule, on source that deserves it and on source that doesn't.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use code::Language::{self, Go, Java, JavaScript, Python, Rust, TypeScript};
use code::review;

/// The rules found in a source with their lines, but for the note on missing tests.
fn found(language: Language, source: &str) -> Vec<(&'static str, usize)> {
    let findings = review(language, source).unwrap().findings.into_iter();
    let mut found: Vec<_> = findings.map(|it| (it.rule, it.line)).collect();
    found.retain(|(rule, _)| *rule != "missing-tests");
    found.sort_unstable();
    found
}

type Case = (Language, &'static str, &'static [(&'static str, usize)]);

fn check(table: &[Case]) {
    for (language, source, expected) in table {
        assert_eq!(found(*language, source), *expected, "{language}:\n{source}");
    }
}

#[test]
fn mutable_defaults() {
    check(&[
        (Python, "def f(a, b=[]):\n    return b + [a]\n", &[("mutable-default", 1)]),
        (
            Python,
            "def f(\n    a,\n    b: dict = {},\n):\n    return b, a\n",
            &[("mutable-default", 3)],
        ),
        (Python, "f = lambda a=set(): a\n", &[("mutable-default", 1)]),
        (Python, "def f(a=None, b=(), c=frozenset(), d='x'):\n    return a, b, c, d\n", &[]),
        (Python, "f(b=[])\n", &[]),
    ]);
}

#[test]
fn hidden_errors() {
    check(&[
        (Python, "try:\n    f()\nexcept:\n    pass\n", &[("bare-except", 3)]),
        (Python, "try:\n    f()\nexcept:\n    g()\n    raise\n", &[]),
        (Python, "try:\n    f()\nexcept Exception:\n    pass\n", &[("swallowed-error", 3)]),
        (Python, "try:\n    f()\nexcept Exception as e:\n    value = 1\n", &[("broad-except", 3)]),
        (Python, "try:\n    f()\nexcept Exception:\n    logger.exception('f failed')\n", &[]),
        (Python, "try:\n    f()\nexcept Exception as e:\n    raise Bad() from e\n", &[]),
        (Python, "try:\n    f()\nexcept FileNotFoundError:\n    pass\n", &[]),
        (Python, "try:\n    f()\nexcept (KeyError, ValueError) as e:\n    a = 1\n", &[]),
        (JavaScript, "try {\n  f();\n} catch (e) {\n}\n", &[("swallowed-error", 3)]),
        (JavaScript, "try { f(); } catch (e) {\n  // the cache is optional\n}\n", &[]),
        (JavaScript, "try { f(); } catch { g(); }\n", &[]),
        (JavaScript, "save(a).catch(() => {});\n", &[("swallowed-error", 1)]),
        (JavaScript, "save(a).catch((e) => { report(e); });\n", &[]),
        (
            Java,
            "class A { void f() {\n  try { g(); } catch (IOException e) { }\n} }",
            &[("swallowed-error", 2)],
        ),
        (Java, "class A { void f() {\n  try { g(); } catch (IOException ignored) { }\n} }", &[]),
        (
            Java,
            "class A { void f() {\n  try { g(); } catch (Exception e) { x = 1; }\n} }",
            &[("broad-except", 2)],
        ),
        (
            Java,
            "class A { void f() {\n  try { g(); } catch (Exception e) { throw new B(e); }\n} }",
            &[],
        ),
        (
            Java,
            "class A { void f() {\n  try { g(); } catch (Exception e) { log.warn(\"g\", e); }\n} }",
            &[],
        ),
    ]);
}

#[test]
fn errors_nobody_looks_at() {
    check(&[
        (
            Go,
            "package a\n\nfunc f() error {\n\ta, err := g()\n\tb, err := h(a)\n\tif err != nil {\n\t\treturn err\n\t}\n\t_, err = h(b)\n\tlog(err)\n\terr = wrap(err)\n\treturn err\n}\n",
            &[("ignored-error", 4)],
        ),
        (
            Go,
            "package a\n\nfunc f() {\n\ta, err := g()\n\tif a {\n\t\terr = h()\n\t}\n\tlog(err)\n}\n",
            &[],
        ),
        (
            Rust,
            "fn g() -> Result<(), E> {\n    std::fs::remove_file(p());\n    g();\n    let _ = g();\n    g()?;\n    fs::write(a, b)?;\n    g()\n}\n",
            &[("ignored-error", 2), ("ignored-error", 3)],
        ),
        (Rust, "fn f() {\n    my_fs::write(a);\n    h();\n}\n", &[]),
    ]);
}

#[test]
fn panics_and_unchecked_errors() {
    check(&[
        (Rust, "fn f(a: Option<u8>) -> u8 {\n    a.unwrap()\n}\n", &[("unwrap", 2)]),
        (
            Rust,
            "fn f(a: &str) -> Result<u8, E> {\n    Ok(a.parse::<u8>().expect(\"a number\"))\n}\n",
            &[("unwrap", 2)],
        ),
        (
            Rust,
            "fn f(a: &str) -> u8 {\n    a.parse::<u8>().expect(\"checked by the caller\")\n}\n",
            &[],
        ),
        (Rust, "fn f(m: &Mutex<u8>) -> u8 {\n    *m.lock().unwrap()\n}\n", &[]),
        (Rust, "fn f() -> Regex {\n    Regex::new(r\"^a$\").unwrap()\n}\n", &[]),
        (
            Rust,
            "#[cfg(test)]\nmod tests {\n    #[test]\n    fn f() {\n        g().unwrap();\n        panic!();\n    }\n}\n",
            &[],
        ),
        (Rust, "#[test]\nfn f() {\n    g().unwrap();\n}\n", &[]),
        (
            Rust,
            "fn f(a: u8) {\n    if a > 3 {\n        panic!(\"{a}\");\n    }\n}\n",
            &[("panic", 3)],
        ),
        (Rust, "fn f(a: u8) -> u8 {\n    a.unwrap_or_default()\n}\n", &[]),
        (Rust, "fn f(a: Option<u8>) -> Option<u8> {\n    Some(a? + 1)\n}\n", &[]),
        (
            Go,
            "package a\n\nfunc f(s string) int {\n\tn, _ := strconv.Atoi(s)\n\treturn n\n}\n",
            &[("ignored-error", 4)],
        ),
        (
            Go,
            "package a\n\nfunc f(r io.Reader) {\n\tjson.NewDecoder(r).Decode(&v)\n}\n",
            &[("ignored-error", 4)],
        ),
        (Go, "package a\n\nfunc f() {\n\tcodec.Decode(text)\n\tscanner.Scan()\n}\n", &[]),
        (
            Go,
            "package a\n\nfunc f(b []byte) {\n\tjson.Unmarshal(b, &v)\n}\n",
            &[("ignored-error", 4)],
        ),
        (
            Go,
            "package a\n\nfunc g() error { return nil }\n\nfunc f() {\n\tg()\n\t_ = g()\n}\n",
            &[("ignored-error", 6), ("ignored-error", 7)],
        ),
        (
            Go,
            "package a\n\nfunc f(s string) (int, error) {\n\tn, err := strconv.Atoi(s)\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\treturn n, nil\n}\n",
            &[],
        ),
        (
            Go,
            "package a\n\nfunc f() {\n\tv, _ := cache.Get(k)\n\tfmt.Println(v)\n\tfor _, x := range v {\n\t\tg(x)\n\t}\n}\n",
            &[],
        ),
        (
            Go,
            "package a\n\nfunc f(a int) {\n\tif a > 1 {\n\t\tpanic(\"no\")\n\t}\n}\n",
            &[("panic", 5)],
        ),
        (Go, "package a\n\nfunc MustF(a int) {\n\tif a > 1 {\n\t\tpanic(\"no\")\n\t}\n}\n", &[]),
    ]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn text_that_becomes_code_or_a_command() {
    check(&[
        (Python, "x = eval(text)\n", &[("dynamic-code", 1)]),
        (Python, "exec(f'a = {b}')\n", &[("dynamic-code", 1)]),
        (Python, "model.eval()\nx = ast.literal_eval(text)\nframe.eval('a + b')\n", &[]),
        (
            JavaScript,
            "const a = eval(text);\nnew Function(text);\n",
            &[("dynamic-code", 1), ("dynamic-code", 2)],
        ),
        (JavaScript, "const m = pattern.exec(a + b);\n", &[]),
        (Python, "subprocess.run(f'ls {path}', shell=True)\n", &[("shell-command", 1)]),
        (Python, "os.system('rm ' + path)\n", &[("shell-command", 1)]),
        (
            Python,
            "subprocess.run(['ls', path], check=True)\nos.system('clear')\nsubprocess.run(cmd, shell=False)\n",
            &[],
        ),
        (
            JavaScript,
            "const { exec } = require('child_process');\nexec('ls ' + dir);\n",
            &[("shell-command", 2)],
        ),
        (
            JavaScript,
            "import cp from 'child_process';\ncp.exec(`ls ${dir}`);\ncp.execFile('ls', [dir]);\ncp.exec('ls');\nre.exec(`a${b}`);\n",
            &[("shell-command", 2)],
        ),
        (
            Go,
            "package a\n\nfunc f(s string) *exec.Cmd {\n\treturn exec.Command(\"sh\", \"-c\", \"ls \"+s)\n}\n",
            &[("shell-command", 4)],
        ),
        (
            Go,
            "package a\n\nfunc f(s string) *exec.Cmd {\n\treturn exec.Command(\"ls\", s)\n}\n",
            &[],
        ),
        (
            Java,
            "class A { void f(String s) {\n  Runtime.getRuntime().exec(\"ls \" + s);\n} }",
            &[("shell-command", 2)],
        ),
        (
            Rust,
            "fn f(s: &str) {\n    Command::new(\"sh\").arg(\"-c\").arg(format!(\"ls {s}\"));\n}\n",
            &[("shell-command", 2)],
        ),
        (
            JavaScript,
            "box.innerHTML = `<b>${name}</b>`;\nbox.innerHTML = '';\nbox.innerHTML = sanitize(name);\nbox.textContent = name;\n",
            &[("html-injection", 1)],
        ),
        (
            Python,
            "yaml.load(f)\nyaml.load(f, Loader=yaml.SafeLoader)\nyaml.safe_load(f)\n",
            &[("unsafe-load", 1)],
        ),
        (
            Python,
            "requests.get(u, verify=False, timeout=3)\nrequests.get(u, timeout=3)\n",
            &[("tls-verification-off", 1)],
        ),
        (
            Go,
            "package a\n\nvar c = &tls.Config{InsecureSkipVerify: true}\n",
            &[("tls-verification-off", 3)],
        ),
        (
            JavaScript,
            "const agent = new https.Agent({ rejectUnauthorized: false });\n",
            &[("tls-verification-off", 1)],
        ),
    ]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn sql_from_values() {
    check(&[
        (
            Python,
            "c.execute(\"SELECT * FROM users WHERE name = '\" + name + \"'\")\n",
            &[("sql-injection", 1)],
        ),
        (
            Python,
            "c.execute(f\"DELETE FROM users WHERE id = {user_id}\")\n",
            &[("sql-injection", 1)],
        ),
        (Python, "c.execute(\"SELECT a FROM b WHERE c = '%s'\" % c)\n", &[("sql-injection", 1)]),
        (
            Python,
            "q = \"\"\"\nSELECT a\nFROM b WHERE c = '{}'\"\"\".format(c)\n",
            &[("sql-injection", 1)],
        ),
        (Python, "c.execute('select * from t where a = ' + a)\n", &[("sql-injection", 1)]),
        (
            Python,
            "c.execute(\"SELECT a FROM b WHERE c = %s\", (c,))\nc.execute(\"SELECT a FROM b \" \"WHERE c = ?\", [c])\n",
            &[],
        ),
        (
            Python,
            "c.execute(f\"SELECT {COLUMNS} FROM {TABLE}\")\nc.execute(f\"SELECT a FROM b WHERE c IN ({','.join('?' * len(c))})\")\n",
            &[],
        ),
        (
            Python,
            "print('Select a file from ' + folder)\nlog(f'delete it from {place}')\nprint('update done, set ' + name)\n",
            &[],
        ),
        (
            JavaScript,
            "db.query(`SELECT * FROM users WHERE id = ${id}`);\n",
            &[("sql-injection", 1)],
        ),
        (
            JavaScript,
            "db.query('SELECT * FROM users WHERE id = ' + req.params.id);\n",
            &[("sql-injection", 1)],
        ),
        (
            JavaScript,
            "await sql`SELECT * FROM users WHERE id = ${id}`;\ndb.query('SELECT a FROM b WHERE c = $1', [c]);\n",
            &[],
        ),
        (
            Java,
            "class A { void f(String n) {\n  s.executeQuery(\"SELECT * FROM t WHERE n = '\" + n + \"'\");\n} }",
            &[("sql-injection", 2)],
        ),
        (
            Java,
            "class A { void f(String n) {\n  s.execute(String.format(\"DELETE FROM t WHERE n = '%s'\", n));\n} }",
            &[("sql-injection", 2)],
        ),
        (
            Java,
            "class A { void f(String n) {\n  c.prepareStatement(\"SELECT a \" + \"FROM t WHERE n = ?\").setString(1, n);\n} }",
            &[],
        ),
        (
            Go,
            "package a\n\nfunc f(n string) {\n\tdb.Query(fmt.Sprintf(\"SELECT * FROM t WHERE n = '%s'\", n))\n}\n",
            &[("sql-injection", 4)],
        ),
        (
            Go,
            "package a\n\nfunc f(n string) {\n\tdb.Query(\"SELECT * FROM t WHERE n = '\" + n + \"'\")\n}\n",
            &[("sql-injection", 4)],
        ),
        (
            Go,
            "package a\n\nfunc f(n string) {\n\tdb.Query(\"SELECT * FROM t WHERE n = $1\", n)\n\tfmt.Println(fmt.Sprintf(\"Select %s\", n))\n}\n",
            &[],
        ),
        (
            Rust,
            "fn f(n: &str) -> String {\n    format!(\"SELECT * FROM t WHERE n = '{n}'\")\n}\n",
            &[("sql-injection", 2)],
        ),
        (
            Rust,
            "fn f(n: &str) -> String {\n    format!(\"SELECT * FROM t WHERE n = '{}'\", n)\n}\n",
            &[("sql-injection", 2)],
        ),
        (
            Rust,
            "fn f() -> String {\n    format!(\"SELECT {COLUMNS} FROM t WHERE n = ?1\")\n}\n",
            &[],
        ),
    ]);
}

#[test]
fn secrets() {
    check(&[
        (Python, "PASSWORD = 'hunter2hunter2'\n", &[("hard-coded-secret", 1)]),
        (Python, "connect(host, password='s3cretpw')\n", &[("hard-coded-secret", 1)]),
        (
            Python,
            "PASSWORD = os.environ['PASSWORD']\npassword = ''\npassword = input('Enter your password: ')\ntoken_url = 'https://a/b1234567'\n",
            &[],
        ),
        (
            JavaScript,
            "const apiKey = 'a8f5f167f44f4964e6c998dee827110c';\nconst config = { secret: 'x9x8x7x6x5' };\n",
            &[("hard-coded-secret", 1), ("hard-coded-secret", 2)],
        ),
        (
            JavaScript,
            "const passwordLabel = 'Your secret';\nconst token = 'access_token';\nconst s = { type: 'password' };\n",
            &[],
        ),
        (
            Java,
            "class A { String f() {\n  String password = \"hunter2hunter2\";\n  return password;\n} }",
            &[("hard-coded-secret", 2)],
        ),
        (
            Go,
            "package a\n\nconst apiKey = \"a8f5f167f44f4964e6c998de\"\n\nfunc f() string {\n\tdbPassword := \"hunter2hunter2\"\n\treturn dbPassword\n}\n",
            &[("hard-coded-secret", 3), ("hard-coded-secret", 6)],
        ),
        (
            Rust,
            "const API_KEY: &str = \"a8f5f167f44f4964e6c998de\";\nconst URL: &str = \"postgres://app:s3cr3tpw@db/app\";\n",
            &[("hard-coded-secret", 1), ("hard-coded-secret", 2)],
        ),
        (Rust, "const API_KEY: &str = \"API_KEY\";\n", &[]),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        (
            JavaScript,
            "if (a == b) f();\nif (a != 0) f();\n",
            &[("loose-equality", 1), ("loose-equality", 2)],
        ),
        (JavaScript, "if (a === b || a == null || null != b || typeof a == 'string') f();\n", &[]),
        (TypeScript, "const a = b == 1;\n", &[("loose-equality", 1)]),
        (JavaScript, "if (a === NaN) f();\n", &[("nan-comparison", 1)]),
        (JavaScript, "if (a = b) f();\n", &[("assignment-in-condition", 1)]),
        (JavaScript, "if ((a = b)) f();\nwhile ((m = re.exec(s))) f();\n", &[]),
        (
            Python,
            "if a == None:\n    f()\nif None != b:\n    f()\n",
            &[("none-comparison", 1), ("none-comparison", 3)],
        ),
        (Python, "if a == True:\n    f()\n", &[("boolean-comparison", 1)]),
        (
            Python,
            "if a is None or b is not None or a:\n    f()\nq.filter(A.b == None)\nd[d.a == True]\n",
            &[],
        ),
        (
            Python,
            "if a is 'x':\n    f()\nif a is not 3:\n    f()\n",
            &[("literal-identity", 1), ("literal-identity", 3)],
        ),
        (Python, "if a is b or a is ...:\n    f()\n", &[]),
        (
            Python,
            "if type(a) == int:\n    f()\nif isinstance(a, int):\n    f()\n",
            &[("type-comparison", 1)],
        ),
        (
            Java,
            "class A {\n  String name;\n  int age;\n  boolean f(String other, int years) {\n    return name == other && age == years;\n  }\n}",
            &[("string-identity", 5)],
        ),
        (
            Java,
            "class A { void f(String a, String b, int c) {\n  if (a == \"x\") g();\n  if (a != b) g();\n  if (a == null || c == 1 || a.equals(b)) g();\n} }",
            &[("string-identity", 2), ("string-identity", 3)],
        ),
        (
            Java,
            "class A { void f(String a, Row r, String n) {\n  if (r.get(1) == a) g();\n  if (null != n) g();\n} }",
            &[("string-identity", 2)],
        ),
        (
            Java,
            "class A { void f(Object a, Object b) {\n  if (a == b) g();\n  boolean ok = done == true;\n} }",
            &[("boolean-comparison", 3)],
        ),
        (
            Rust,
            "fn f(a: bool) -> u8 {\n    if a == true { 1 } else { 2 }\n}\n",
            &[("boolean-comparison", 2)],
        ),
    ]);
}

#[test]
fn names() {
    check(&[
        (JavaScript, "var a = 1;\nlet b = 2;\nconst c = 3;\n", &[("var-declaration", 1)]),
        (
            TypeScript,
            "const a: any = 1;\nfunction f(b: any[]) { return b; }\n",
            &[("any-type", 1), ("any-type", 2)],
        ),
        (TypeScript, "const a: unknown = 1;\nconst any = 2;\nf(any);\n", &[]),
        (
            Python,
            "def f(list):\n    max = list[0]\n    return max\n",
            &[("shadowed-builtin", 1), ("shadowed-builtin", 2)],
        ),
        (
            Python,
            "class A:\n    list = 1\n    def filter(self, id):\n        self.max = id\n        return g(list=1)\n",
            &[],
        ),
        (
            Python,
            "count = 0\ndef f():\n    global count\n    count += 1\n",
            &[("mutable-global", 3)],
        ),
        (Rust, "static mut COUNT: u8 = 0;\nstatic NAME: &str = \"a\";\n", &[("mutable-global", 1)]),
        (
            Java,
            "class A {\n  public static int count = 0;\n  public static final int MAX = 1;\n  private int own;\n}",
            &[("mutable-global", 2)],
        ),
        (
            JavaScript,
            "function f(user) {\n  return user.all.map((user) => user.name);\n}\n",
            &[("shadowed-name", 2)],
        ),
        (
            JavaScript,
            "function f() {\n  const total = 1;\n  if (g()) {\n    const total = 2;\n    h(total);\n  }\n  return total;\n}\n",
            &[("shadowed-name", 4)],
        ),
        (
            JavaScript,
            "function f() {\n  if (g()) {\n    const total = 1;\n    h(total);\n  } else {\n    const total = 2;\n    h(total);\n  }\n}\nfunction h(total) { return total; }\nconst result = f();\nfunction k() { const result = 1; return result; }\n",
            &[],
        ),
        (
            Go,
            "package a\n\nfunc f() int {\n\tcount := 1\n\tif g() {\n\t\tcount := 2\n\t\th(count)\n\t}\n\treturn count\n}\n",
            &[("shadowed-name", 6)],
        ),
        (
            Go,
            "package a\n\nfunc f() error {\n\tv, err := g()\n\tif err := h(v); err != nil {\n\t\treturn err\n\t}\n\tfor _, v := range w {\n\t\tv := v\n\t\tk(v)\n\t}\n\treturn err\n}\n",
            &[],
        ),
    ]);
}

#[test]
fn parameters() {
    check(&[
        (Python, "def f(a, b):\n    return a\n", &[("unused-parameter", 1)]),
        (
            Python,
            "def f(a, _b, *args, **kwargs):\n    return f'{a}'\n\nclass A(B):\n    def g(self, c):\n        return 1\n\n@route\ndef h(d):\n    return 1\n\ndef k(e):\n    raise NotImplementedError\n\ndef m(n):\n    return locals()\n\ndef cb(x):\n    return 1\n\nrun(cb)\n",
            &[],
        ),
        (
            Python,
            "class A:\n    def g(self, c, d):\n        return self.x + c\n",
            &[("unused-parameter", 2)],
        ),
        (JavaScript, "function f(a, b) { return a; }\n", &[("unused-parameter", 1)]),
        (
            JavaScript,
            "function f(a, b) { return b; }\nconst g = ({ a }, ...rest) => 1;\nitems.map((a, b) => a);\nfunction h(req, res, next) { res.send(1); }\nfunction k(a) { return arguments.length; }\nclass A extends B { m(a) { return 1; } }\nfunction n(a) { return { a }; }\n",
            &[],
        ),
        (
            TypeScript,
            "class A { constructor(private a: string, b: number) { this.b = b; } }\nfunction f(a: string, b = a) { return b; }\n",
            &[],
        ),
        (Rust, "fn f(a: u8, b: u8) -> u8 {\n    a\n}\n", &[("unused-parameter", 1)]),
        (
            Rust,
            "fn f(a: u8, _b: u8) -> String {\n    format!(\"{a:?}\")\n}\n\nimpl T for A {\n    fn g(&self, c: u8) -> u8 {\n        1\n    }\n}\n\nfn h(width: usize) {\n    println!(\"{:>width$}\", 1);\n}\n",
            &[],
        ),
        (
            Java,
            "class A {\n  int f(int a, int b) { return a; }\n  @Override int g(int c) { return 1; }\n  public static void main(String[] args) { }\n}\nclass B extends C { int g(int d) { return 1; } }",
            &[("unused-parameter", 2)],
        ),
        (Go, "package a\n\nfunc f(a, b int) int {\n\treturn a\n}\n", &[("unused-parameter", 3)]),
        (
            Go,
            "package a\n\nfunc f(ctx context.Context, _ int) int {\n\treturn 1\n}\n\nfunc (a A) g(b int) int {\n\treturn 1\n}\n\nfunc h(w http.ResponseWriter, r *http.Request) {\n\tw.Write(nil)\n}\n",
            &[],
        ),
        (
            Python,
            "def f(a, b, c, d, e, g, h):\n    return a + b + c + d + e + g + h\n",
            &[("too-many-parameters", 1)],
        ),
        (Python, "def f(a, b, c, *, d, e, g, h):\n    return a + b + c + d + e + g + h\n", &[]),
    ]);
}

#[test]
fn flow() {
    check(&[
        (Python, "def f():\n    return 1\n    g()\n", &[("unreachable-code", 3)]),
        (Python, "def f():\n    return\n    yield\n", &[]),
        (Python, "def f(a):\n    if a:\n        return 1\n    return 2\n    # done\n", &[]),
        (
            JavaScript,
            "function f() {\n  throw new Error('a');\n  g();\n}\n",
            &[("unreachable-code", 3)],
        ),
        (JavaScript, "function f() {\n  return g();\n  function g() { return 1; }\n}\n", &[]),
        (Rust, "fn f() -> u8 {\n    return 1;\n    g();\n}\n", &[("unreachable-code", 3)]),
        (Java, "class A { int f() {\n  return 1;\n  g();\n} }", &[("unreachable-code", 3)]),
        (Go, "package a\n\nfunc f() int {\n\treturn 1\n\tg()\n}\n", &[("unreachable-code", 5)]),
        (
            Python,
            "for i in range(3):\n    fs.append(lambda: i)\n",
            &[("captured-loop-variable", 2)],
        ),
        (
            Python,
            "for i in range(3):\n    fs.append(lambda i=i: i)\n    xs.sort(key=lambda x: x + i)\n",
            &[],
        ),
        (
            JavaScript,
            "for (var i = 0; i < 3; i++) {\n  setTimeout(() => f(i), 1);\n}\n",
            &[("captured-loop-variable", 2), ("var-declaration", 1)],
        ),
        (JavaScript, "for (let i = 0; i < 3; i++) {\n  setTimeout(() => f(i), 1);\n}\n", &[]),
        (
            Python,
            "for x in xs:\n    if x:\n        xs.remove(x)\n",
            &[("changed-while-iterated", 3)],
        ),
        (
            Python,
            "for x in list(xs):\n    xs.remove(x)\nfor x in xs:\n    xs.remove(x)\n    break\nfor x in xs:\n    ys.append(x)\n",
            &[],
        ),
        (Python, "for i in a:\n    for i in b:\n        f(i)\n", &[("reused-loop-variable", 2)]),
        (Python, "for i in a:\n    f(i)\nfor i in b:\n    f(i)\n", &[]),
        (
            JavaScript,
            "items.forEach(async (item) => { await save(item); });\nitems.forEach((item) => save(item));\n",
            &[("async-foreach", 1)],
        ),
    ]);
}

#[test]
fn resources() {
    check(&[
        (Python, "text = open(path).read()\n", &[("unclosed-resource", 1)]),
        (Python, "def f(p):\n    a = open(p)\n    return a.read()\n", &[("unclosed-resource", 2)]),
        (
            Python,
            "def f(p):\n    a = open(p)\n    b = a.read()\n    a.close()\n    return b\n",
            &[("unclosed-resource", 2)],
        ),
        (Python, "data = json.load(open(path))\n", &[("unclosed-resource", 1)]),
        (
            Python,
            "with open(p) as a:\n    f(a)\n\ndef g(p):\n    return open(p)\n\ndef h(p):\n    a = open(p)\n    return a\n\ndef k(p):\n    a = open(p)\n    try:\n        return a.read()\n    finally:\n        a.close()\n\nclass A:\n    def __init__(self, p):\n        self.a = open(p)\n",
            &[],
        ),
        (
            Java,
            "class A { void f() throws IOException {\n  FileReader r = new FileReader(p);\n  r.read();\n  r.close();\n} }",
            &[("unclosed-resource", 2)],
        ),
        (
            Java,
            "class A { void f() throws IOException {\n  try (FileReader r = new FileReader(p)) { r.read(); }\n  BufferedReader in = new BufferedReader(new InputStreamReader(System.in));\n  FileReader s = new FileReader(p);\n  try { s.read(); } finally { s.close(); }\n} }",
            &[],
        ),
        (
            Go,
            "package a\n\nfunc f() error {\n\tg, err := os.Open(p)\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn h(g)\n}\n",
            &[("unclosed-resource", 4)],
        ),
        (
            Go,
            "package a\n\nfunc f() (*os.File, error) {\n\tg, err := os.Open(p)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\tdefer g.Close()\n\tk, err := os.Open(q)\n\treturn k, err\n}\n",
            &[],
        ),
        (
            Python,
            "requests.get(url)\nrequests.get(url, timeout=3)\nrequests.get(url, **options)\nsession.get(url)\n",
            &[("missing-timeout", 1)],
        ),
    ]);
}

#[test]
fn size_and_completeness() {
    let long = format!("def f():\n{}", "    g()\n".repeat(60));
    assert_eq!(found(Python, &long), [("long-function", 1)]);
    assert_eq!(found(Python, &format!("def f():\n{}", "    g()\n".repeat(59))), []);
    let deep = "def f(a):\n    if a:\n        for b in a:\n            if b:\n                while b:\n                    if a:\n                        g()\n";
    assert_eq!(found(Python, deep), [("deep-nesting", 6)]);
    let chain = "function f(a) {\n  if (a) { g(); } else if (b) { g(); } else if (c) { g(); } else if (d) { g(); } else if (e) { g(); }\n}\n";
    assert_eq!(found(JavaScript, chain), []);
    assert_eq!(found(Python, "def f(:\n    pass\n")[0].0, "syntax-error");
}

#[test]
fn missing_tests_are_noted_once_and_only_where_there_are_none() {
    let rules = |source| -> Vec<&str> {
        review(Python, source).unwrap().findings.iter().map(|it| it.rule).collect()
    };
    assert_eq!(rules("def f(a):\n    return a\n\ndef g(a):\n    return a\n"), ["missing-tests"]);
    assert_eq!(
        rules("def f(a):\n    return a\n\ndef test_f():\n    assert f(1) == 1\n"),
        [] as [&str; 0]
    );
    assert_eq!(rules("print(1)\n"), [] as [&str; 0]);
}
