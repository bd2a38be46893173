# One server of ZooKeeper, in a container. The environment says what it is:
#   MYID           its number in the ensemble
#   FOLDER         where its data is
#   CONFIGURATION  the lines of its configuration
set -eu
mkdir -p "$FOLDER/zookeeper"
echo "$MYID" >"$FOLDER/zookeeper/myid"
printf '%s\n' "$CONFIGURATION" >"$FOLDER/zoo.cfg"

# Debian keeps the libraries of all programs in one folder, the published image those
# of ZooKeeper in a folder of its own.
classes=$FOLDER
if [ -e /usr/share/java/zookeeper.jar ]; then
  for name in zookeeper zookeeper-jute slf4j-api slf4j-simple snappy-java metrics-core netty-all commons-cli commons-io guava \
    jackson-core jackson-databind jackson-annotations jetty9-server jetty9-servlet jetty9-util servlet-api; do
    classes=$classes:/usr/share/java/$name.jar
  done
else
  classes=$classes:$(echo /apache-zookeeper-*/lib)/*
fi
exec java -Xms64m -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
  -cp "$classes" org.apache.zookeeper.server.quorum.QuorumPeerMain "$FOLDER/zoo.cfg"
