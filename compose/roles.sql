-- Read by psql once, when the database's volume is empty. What each role may do, the migrations say.
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv operator_password OPERATOR_PASSWORD

CREATE ROLE sakark_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE sakark_app LOGIN PASSWORD :'app_password';
CREATE ROLE sakark_drift LOGIN PASSWORD :'operator_password';
CREATE ROLE sakark_sok NOLOGIN;
GRANT sakark_sok TO sakark_owner WITH INHERIT FALSE;
CREATE DATABASE sakark OWNER sakark_owner ENCODING 'UTF8' TEMPLATE template0;
