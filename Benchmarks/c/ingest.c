/* W1 ceiling in C: libmosquitto -> parse flat JSON or a plain number -> SQLite, one thread.
   ingest PORT QOS TOPIC DB PROGRESS SCHEMA    SCHEMA 0: plain table, 1: clustered PK(key,ts)
   Commits at 1000 messages or after 1 s; writes (values, subscribed) to PROGRESS. */
#include <fcntl.h>
#include <mosquitto.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#define H 262144
static int qos; static const char *topic; static int64_t *prog, vals, lastus; static sqlite3 *db; static sqlite3_stmt *ins;
static struct { char *n; int id; } tab[H]; static int nkeys, inb; static double tb;
static double now(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+t.tv_nsec*1e-9;}
static void flush(void){ if(inb){sqlite3_exec(db,"COMMIT",0,0,0);inb=0;prog[0]=vals;} }
static int key(const char*t,const char*k,int kl){ char b[256]; int n=snprintf(b,sizeof b,"%s.%.*s",t,kl,k); (void)n;
  unsigned h=2166136261u; for(char*p=b;*p;p++)h=(h^(unsigned char)*p)*16777619u;
  for(h%=H;tab[h].n;h=(h+1)%H) if(!strcmp(tab[h].n,b))return tab[h].id;
  sqlite3_stmt*s; sqlite3_prepare_v2(db,"INSERT INTO keys VALUES(?,?)",-1,&s,0);
  sqlite3_bind_int(s,1,++nkeys);sqlite3_bind_text(s,2,b,-1,SQLITE_TRANSIENT);sqlite3_step(s);sqlite3_finalize(s);
  tab[h].n=strdup(b);return tab[h].id=nkeys; }
static void on_c(struct mosquitto*m,void*u,int rc){(void)u;(void)rc;mosquitto_subscribe(m,NULL,topic,qos);}
static void on_s(struct mosquitto*m,void*u,int a,int b,const int*c){(void)m;(void)u;(void)a;(void)b;(void)c;prog[1]=1;}
static void on_m(struct mosquitto*m,void*u,const struct mosquitto_message*x){ (void)m;(void)u;
  char b[1024]; int n=x->payloadlen<1023?x->payloadlen:1023; memcpy(b,x->payload,n); b[n]=0;
  struct timespec t; clock_gettime(CLOCK_REALTIME,&t); int64_t us=t.tv_sec*1000000LL+t.tv_nsec/1000; if(us<=lastus)us=lastus+1; lastus=us;
  if(!inb){sqlite3_exec(db,"BEGIN",0,0,0);tb=now();}
  if(*b!='{'){ sqlite3_bind_int(ins,1,key(x->topic,"",0)); sqlite3_bind_int64(ins,2,us); sqlite3_bind_double(ins,3,strtod(b,0));
    if(sqlite3_step(ins)!=SQLITE_DONE){fprintf(stderr,"%s\n",sqlite3_errmsg(db));exit(1);} sqlite3_reset(ins); vals++; }
  else for(char*p=strchr(b,'"');p;p=strchr(p,'"')){ char*k=++p; p=strchr(p,'"'); if(!p)break; int kl=p-k; p+=2;
    sqlite3_bind_int(ins,1,key(x->topic,k,kl)); sqlite3_bind_int64(ins,2,us);
    if(*p=='t'||*p=='f')sqlite3_bind_int(ins,3,*p=='t');
    else if(*p=='"'){char*e=strchr(p+1,'"');if(!e)break;sqlite3_bind_text(ins,3,p+1,e-p-1,SQLITE_TRANSIENT);p=e+1;}
    else {char*e;double d=strtod(p,&e); if(memchr(p,'.',e-p))sqlite3_bind_double(ins,3,d);else sqlite3_bind_int64(ins,3,(int64_t)d);p=e;}
    if(sqlite3_step(ins)!=SQLITE_DONE){fprintf(stderr,"%s\n",sqlite3_errmsg(db));exit(1);} sqlite3_reset(ins); vals++; }
  if(++inb>=1000)flush(); }
int main(int c,char**v){ if(c<7)return 2; qos=atoi(v[2]);topic=v[3];
  int f=open(v[5],O_RDWR|O_CREAT|O_TRUNC,0600); if(ftruncate(f,16))return 1; prog=mmap(0,16,PROT_READ|PROT_WRITE,MAP_SHARED,f,0);
  if(sqlite3_open(v[4],&db))return 1; sqlite3_exec(db,"PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL",0,0,0);
  sqlite3_exec(db,"CREATE TABLE keys(id INTEGER PRIMARY KEY,name TEXT)",0,0,0);
  sqlite3_exec(db,atoi(v[6])?"CREATE TABLE samples(key INTEGER,ts INTEGER,value,PRIMARY KEY(key,ts)) WITHOUT ROWID"
    :"CREATE TABLE samples(key INTEGER,ts INTEGER,value)",0,0,0);
  if(sqlite3_prepare_v2(db,"INSERT INTO samples VALUES(?,?,?)",-1,&ins,0))return 1;
  mosquitto_lib_init(); struct mosquitto*m=mosquitto_new(NULL,true,NULL); mosquitto_max_inflight_messages_set(m,0);
  mosquitto_int_option(m,MOSQ_OPT_TCP_NODELAY,1);
  mosquitto_connect_callback_set(m,on_c);mosquitto_subscribe_callback_set(m,on_s);mosquitto_message_callback_set(m,on_m);
  if(mosquitto_connect(m,"127.0.0.1",atoi(v[1]),600))return 1;
  double end=now()+120; while(now()<end){ if(mosquitto_loop(m, 100, 1))break; if(inb&&now()-tb>1)flush(); }
  flush(); return 0; }
